#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/client.h"
#include "api/waiting_room.h"
#include "env/clock.h"
#include "env/completions.h"
#include "env/random.h"
#include "journal/journal.h"
#include "services/cloudformation/engine/watching.h"
#include "services/cloudformation/importing.h"
#include "services/cloudformation/operation.h"
#include "services/cloudformation/resource.h"
#include "services/cloudformation/resource_type.h"
#include "template/program.h"

namespace cairn::cloudformation {

struct Means {
  const env::Clock& clock;
  env::Random& random;
  state::Store& store;
  journal::Journal& journal;
  const state::Sealer& sealer;
  api::Client& client;
  api::WaitingRoom& waiting_room;  // for calls that wait for a change of a stack, by the account's and region's keys::stacks_in
  bool any_key = false;            // --dev: keys that nobody made do everything
};

/// What came of a call that a resource's function asked for.
struct Outcome {
  std::string stack, resource;
  Answer answer;
};

/// One stack's operation at work. What it has done is in the documents, so that another can go on where it was stopped at any point; what
/// it holds itself are only calls that are not answered yet. Everything on the engine's task.
class Run {
 public:
  static constexpr size_t kActionsMax = 16;  // resources of a stack at once

  Run(const Means& means, std::shared_ptr<env::Completions<Outcome>> outcomes, std::string stack);
  Run(const Run&) = delete;

  /// Does what can be done now. nullopt: the operation has ended; else when to come again at the latest.
  std::optional<env::Next> step();
  void take(Outcome outcome);
  const std::string& stack() const { return id_; }
  size_t asking() const;  // calls that are under way
  /// After a step: it only waits for what others do, at these places of the state (watching.h), or for a time to pass. All it has
  /// done is in the documents, so that it need not be held while it waits. nullopt: there is more.
  std::optional<std::vector<std::string>> rests() const;

 private:
  struct Active {
    std::vector<Answer> answers;
    size_t kept = 0;  // of these are durable
    bool is_asking = false;
    int tries = 0;  // of the call that is next
    std::optional<Time> again;
    std::optional<Watch> watch;  // what it waits for
  };
  struct Item {  // to be removed
    std::string resource;
    bool is_other = false;
  };
  enum class Progress { kNone, kSome, kLater };  // kLater: the journal takes nothing now

  bool load();
  std::optional<cfn::Program> program_of(int generation, std::string& problem) const;
  enum class Even { kIfSuperseded, kNot };  // what came of a call is kept, whatever the stack is to become now
  bool commit(const std::function<void(state::Transaction&)>& change, const Operation* next = nullptr, Even even = Even::kNot);
  bool give_up();
  bool is_late() const;  // the operation takes longer than it may
  bool goes_on(const Resource& resource) const;
  Progress look(const std::string& resource);
  Doing::Where where(const Resource& resource) const;

  // kForward, kRestore
  Progress converge();
  Progress begin_forward(const cfn::Resource& declared);
  Progress begin_restore(const cfn::Resource& declared);
  bool is_settled(const std::string& resource) const;
  Instance wanted_of(const cfn::Resource& declared, state::Transaction& state) const;  // throws Failed
  std::string removal_denial() const;
  Progress end_forward();
  Progress fail_forward(std::string reason);
  Progress end_restore();

  // imports (imports.cc)
  Progress begin_import(const cfn::Resource& declared, Resource resource, Instance wanted);
  void find(const Resource& resource, Doing& doing);  // throws Failed
  Progress release();

  // kCleanup, kRemove
  Progress remove();
  std::vector<Item> items() const;
  const Instance& instance_of(const Item& item) const;
  bool is_retained(const Item& item) const;
  Progress begin_remove(const Item& item);
  Progress end_remove();

  // rollback triggers (triggers.cc)
  bool has_triggers() const;
  std::optional<Time> look_at_alarms();
  void take_alarms(const Answer& answer);
  Progress monitor();

  // one resource
  Progress start(Resource resource, Resource::Action action, std::string reason = "");
  Progress refuse(Resource resource, std::string status, const std::string& reason);
  Progress proceed(const std::string& resource);
  Result<aws::Principal> caller() const;
  void ask(const std::string& resource, const Asking& asking);
  Progress finish(const std::string& resource, const Doing& doing, const std::optional<std::string>& failure);
  Event event_of(const Resource& resource) const;
  void put_event(state::Transaction& state, const Event& event);
  /// The stack's new state, with what else changes of it.
  void set_stack(state::Transaction& state, std::string status, std::string reason, const std::function<void(Stack&)>& change = nullptr);
  std::string what_failed() const;

  const Means means_;
  const std::shared_ptr<env::Completions<Outcome>> outcomes_;
  const std::string id_;
  bool is_loaded_ = false, is_superseded_ = false, is_too_large_ = false;
  std::string document_;  // of the operation
  Operation operation_;
  Stack stack_;
  Resources resources_;
  std::optional<cfn::Program> program_;  // what is converged to, or kept
  std::vector<std::string> order_;       // of creation
  std::string denial_;                   // kForward: why what the template has no more must not be removed, or ""
  std::map<std::string, Active> active_;
  std::optional<Owners> owners_;  // as they were when the first of its imports was looked at
  struct Triggers {
    bool is_asking = false, is_seen = false, is_busy = false;
    Time next;            // look
    std::string failure;  // why the operation is to end; "": it is not
  } triggers_;
};

}  // namespace cairn::cloudformation

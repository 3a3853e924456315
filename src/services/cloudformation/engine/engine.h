#pragma once
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "aws/names.h"
#include "env/tasks.h"
#include "journal/follower.h"
#include "services/cloudformation/engine/notices.h"
#include "services/cloudformation/engine/run.h"

namespace cairn::cloudformation {

/// Stacks at work: whatever operation is a document is done, at once or after a restart. As a follower it learns which there are; it works
/// on a task of its own, and its calls are calls like anyone's.
class Engine final : public journal::Follower {
 public:
  static constexpr size_t kRunsMax = 16;                     // stacks at work at once; others wait for their turn
  static constexpr size_t kRunsOfAccountMax = kRunsMax / 2;  // so that one account's slow stacks hold up its own alone

  Engine(const Means& means, env::Tasks& tasks, journal::Position from);
  ~Engine() override;
  void stop();  // no further call. Before the client goes

  std::string_view name() const override { return "stacks"; }
  journal::Position position() const override { return {consumed_}; }  // nothing is remembered: the documents tell all
  void consume(journal::Position position, const journal::EntryView& entry) override;

  size_t running() const { return running_; }

 private:
  struct Account {
    std::deque<std::string> waiting;  // stacks: first come, first served
    size_t at_work = 0;
  };
  struct AtWork {
    aws::AccountId account;
    std::unique_ptr<Run> run;
    bool is_changed = false;  // its operation, since it came to work: it does not come to rest without having looked
  };
  struct Resting {  // its run waits for what others do, and is not held meanwhile
    aws::AccountId account;
    std::optional<Time> until;
    std::vector<std::string> places;
  };
  env::Next step();
  void admit();
  void queue(const std::string& stack, const aws::AccountId& account);
  void rouse(const std::set<std::string>& touched);
  void leave(const aws::AccountId& account);

  const Means means_;
  Notices notices_{means_};
  const std::shared_ptr<env::Completions<Outcome>> outcomes_ = std::make_shared<env::Completions<Outcome>>();
  std::map<std::string, AtWork> runs_;  // by their stacks
  std::map<aws::AccountId, Account> accounts_;
  std::set<std::string> waiting_;  // in any of them
  std::map<std::string, Resting> resting_;
  std::mutex mutex_;
  std::map<std::string, aws::AccountId> changed_;  // guarded by it
  std::set<std::string> touched_;                  // guarded by it: places where someone may rest for what comes
  std::atomic<uint64_t> consumed_;
  std::atomic<size_t> running_{0};
  std::atomic<bool> ready_{false};
  std::unique_ptr<env::Task> task_;
};

}  // namespace cairn::cloudformation

#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log_limit.h"
#include "env/completions.h"
#include "env/random.h"
#include "env/tasks.h"
#include "journal/follower.h"
#include "outbox/lanes.h"
#include "outbox/wire.h"

namespace cairn::outbox {

/// What became of a try, or of the item.
struct Told {
  enum class What {
    kArrived,
    kFailed,        // it is tried again, or goes to its dead-letter queue
    kDeadLettered,  // it is in that queue
    kDropped,       // it is nowhere any more
    kWaits,         // it was not tried (Later); nobody is told
  } what = What::kArrived;
  int tries = 0;
  std::string code, message;  // why it has not arrived
};

/// Who puts items of a name (Item::owner), for what only it knows. Called on the outbox's task, one at a time.
class Owner {
 public:
  virtual ~Owner() = default;
  /// What a Deferred item is. nullopt: nobody wants it any more, it goes.
  virtual std::optional<Item> make(state::Transaction& state, Item item) = 0;
  /// Changes of its own that stand in the journal's entry with what became of the item; may run again after a conflict. `item`: as it was
  /// put. An item that nobody wants is told of as dropped.
  virtual void told(state::Transaction&, const Item& /*item*/, const Told&) {}
};

struct Counters {
  std::atomic<uint64_t> arrived{0}, failures{0}, dead_lettered{0}, dropped{0};
  std::atomic<uint64_t> too_many{0};  // of the last two: for their lane had too many
  std::atomic<int64_t> sending{0};
};

/// The worker: sends what lies in the outbox, tries again, gives up. A follower of the journal that finds in it what is new; what waits is
/// the state's. At least once: an item goes when its outcome is committed, and what was sent before a crash is sent again.
class Outbox : public journal::Follower {
 public:
  static constexpr size_t kSendingMax = 256;  // at once
  struct Means {
    const env::Clock& clock;
    env::Random& random;
    state::Store& store;
    journal::Journal& journal;
    api::Client& client;
    env::HttpClient* http = nullptr;
    std::string ca_bundle = {};
    env::Mailer* mailer = nullptr;
    std::string mail_from = {};
    Counters& counters;
    Lanes::Limits limits = {};
  };
  /// `from`: what the state holds already. Owners outlive it.
  Outbox(const Means& means, std::map<std::string, Owner*> owners, env::Tasks& tasks, journal::Position from);
  ~Outbox() override;
  void stop();  // nothing further is sent. Before the client goes

  std::string_view name() const override { return "outbox"; }
  journal::Position position() const override { return {consumed_.load()}; }
  void consume(journal::Position position, const journal::EntryView& entry) override;

  size_t lanes() const { return lanes_.lanes(); }
  uint64_t items() const { return lanes_.items(); }

 private:
  struct Sent {
    Lanes::Ticket ticket;
    std::shared_ptr<const Item> item;  // what was sent, or as much as could be made of it
    std::shared_ptr<const Item> put;   // as it was put
    Outcome outcome;
    bool is_unwanted = false;
  };
  env::Next step();
  void send(Lanes::Ticket ticket);
  bool commit_outcomes();
  std::optional<Tries> outcome_of(state::Transaction& state, const Sent& sent, Told& told) const;
  void count(const Sent& sent, const Told& told);

  const Means means_;
  const std::map<std::string, Owner*> owners_;
  const Wire wire_;
  Lanes lanes_;
  std::vector<Sent> outcomes_;  // to be committed
  log::Limit log_limit_;
  std::atomic<uint64_t> consumed_;
  std::shared_ptr<env::Completions<Sent>> completions_ = std::make_shared<env::Completions<Sent>>();
  std::atomic<bool> ready_{false};
  std::unique_ptr<env::Task> task_;
};

}  // namespace cairn::outbox

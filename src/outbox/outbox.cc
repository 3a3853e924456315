#include "outbox/outbox.h"

#include <algorithm>

#include "base/log.h"
#include "state/internal_commit.h"

namespace cairn::outbox {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookAtClock = 60s;   // the wall clock may jump
constexpr auto kRetryCommit = 50ms;  // the journal takes nothing at the moment
constexpr auto kRetryRead = 1s;      // the state cannot be read
constexpr size_t kCommittedAtOnce = 256;
const RetryPolicy kDeadLetterRetries{
    .immediate = 1, .growing = 8, .least = 1s, .most = 60s, .backoff = RetryPolicy::Backoff::kExponential, .age_max = {}};

}  // namespace

Outbox::Outbox(const Means& means, std::map<std::string, Owner*> owners, env::Tasks& tasks, journal::Position from)
    : means_(means),
      owners_(std::move(owners)),
      wire_({.clock = means.clock,
             .store = means.store,
             .client = means.client,
             .http = means.http,
             .ca_bundle = means.ca_bundle,
             .mailer = means.mailer,
             .mail_from = means.mail_from}),
      lanes_(means.clock, means.store, means.journal, means.limits),
      consumed_(from.seq) {
  task_ = tasks.start("outbox send", [this] { return ready_ ? step() : env::Next::when_woken(); });
  completions_->wake_by(task_.get());
  ready_ = true;
  task_->wake();
}

Outbox::~Outbox() { stop(); }

void Outbox::stop() {
  completions_->wake_by(nullptr);
  task_.reset();
}

void Outbox::consume(journal::Position position, const journal::EntryView& entry) {
  bool any = false;
  for (const journal::ChangeView& change : entry.changes) {
    if (!change.key.starts_with(keys::kItems)) continue;
    lanes_.consume(change.key, change.value);
    any = true;
  }
  consumed_ = position.seq;
  if (any) task_->wake();
}

env::Next Outbox::step() {
  for (Sent& sent : completions_->take()) outcomes_.push_back(std::move(sent));
  while (!outcomes_.empty())
    if (!commit_outcomes()) return env::Next::after(kRetryCommit);
  const auto sending = static_cast<size_t>(std::max<int64_t>(0, means_.counters.sending));
  if (sending >= kSendingMax) return env::Next::when_woken();
  std::vector<Lanes::Ticket> tickets = lanes_.take(kSendingMax - sending);
  for (Lanes::Ticket& ticket : tickets) send(std::move(ticket));
  if (!tickets.empty()) return env::Next::now();
  const std::optional<Time> next = lanes_.next();
  if (!next) return env::Next::when_woken();
  return env::Next::after(std::clamp<std::chrono::nanoseconds>(*next - means_.clock.now(), 1ms, kLookAtClock));
}

void Outbox::send(Lanes::Ticket ticket) {
  ++means_.counters.sending;
  Sent sent{.ticket = std::move(ticket), .item = nullptr, .put = nullptr, .outcome = {}};
  completions_->expect();
  std::optional<Item> item;
  try {
    state::Transaction state(means_.store);
    const std::optional<std::string> document = state.get(keys::item(sent.ticket.lane, sent.ticket.id));
    if (document) {
      sent.put = std::make_shared<const Item>(decode_item(sent.ticket.lane, *document));
      item = *sent.put;
      if (std::holds_alternative<Deferred>(item->what)) {
        const auto owner = owners_.find(item->owner);
        item = owner == owners_.end() ? std::nullopt : owner->second->make(state, std::move(*item));
      }
    }
  } catch (const std::exception& problem) {  // what it needs cannot be read now
    if (!sent.put) {
      sent.outcome = {.wait = kRetryRead};
      return completions_->put(std::move(sent));
    }
    item = *sent.put;
    item->retry = RetryPolicy::of_services();
    sent.outcome = {.again = true, .code = "InternalFailure", .message = problem.what()};
  }
  sent.is_unwanted = !item;
  if (item) {
    if (sent.ticket.tries.is_dead && item->dead_letter) item = dead_letter_of(*item, sent.ticket.tries);
    else if (sent.ticket.is_too_many && sent.outcome.code.empty())
      sent.outcome = {.code = "TooManyWaiting", .message = "more waits for this target than is kept"};
    sent.item = std::make_shared<const Item>(std::move(*item));
  }
  if (sent.is_unwanted || !sent.outcome.code.empty()) return completions_->put(std::move(sent));
  const std::shared_ptr<const Item> what = sent.item;
  wire_.send(*what, [to = completions_, sent = std::move(sent)](Outcome outcome) mutable {
    sent.outcome = std::move(outcome);
    to->put(std::move(sent));
  });
}

/// The documents as they are after this outcome; what is told of it; nullopt: the item is gone.
std::optional<Tries> Outbox::outcome_of(state::Transaction& state, const Sent& sent, Told& told) const {
  const std::string item_key = keys::item(sent.ticket.lane, sent.ticket.id), tries_key = keys::tries(sent.ticket.lane, sent.ticket.id);
  Tries tries = sent.ticket.tries;
  ++tries.count;
  told = {.what = Told::What::kDropped,
          .tries = tries.is_dead ? tries.count_before : tries.count,
          .code = sent.outcome.code,
          .message = sent.outcome.message};
  if (sent.outcome.wait) {
    tries = sent.ticket.tries;
    tries.next = means_.clock.now() + *sent.outcome.wait;
    told.what = Told::What::kWaits;
    return tries;
  }
  if (!state.exists(item_key)) return std::nullopt;  // a reset, or a deletion of what it belonged to
  const auto owner = owners_.find(sent.put->owner);
  const auto tell = [&](Told::What what) {
    told.what = what;
    if (owner != owners_.end()) owner->second->told(state, *sent.put, told);
  };
  const auto ends = [&](Told::What what) {
    state.erase(item_key);
    if (sent.ticket.tries.count > 0 || sent.ticket.tries.is_dead) state.erase(tries_key);
    tell(what);
    return std::nullopt;
  };
  if (sent.is_unwanted) return ends(Told::What::kDropped);
  if (sent.outcome.has_arrived) return ends(tries.is_dead ? Told::What::kDeadLettered : Told::What::kArrived);

  const Time now = means_.clock.now();
  const RetryPolicy& policy = tries.is_dead ? kDeadLetterRetries : sent.item->retry;
  const bool is_old = !tries.is_dead && policy.age_max && now - sent.put->created >= *policy.age_max;
  if (sent.outcome.again && !sent.ticket.is_too_many && tries.count <= policy.retries() && !is_old) {
    tries.next = now + jittered(policy.pause(tries.count), means_.random);
  } else if (!tries.is_dead && sent.item->dead_letter) {
    tries = {.count = 0, .next = now, .is_dead = true, .count_before = tries.count, .is_exhausted = sent.outcome.again};
  } else {
    return ends(Told::What::kDropped);
  }
  if (!tries.is_dead || tries.code.empty()) {
    tries.code = sent.outcome.code;
    tries.message = sent.outcome.message;
  }
  state.put(tries_key, encode(tries));
  tell(Told::What::kFailed);
  return tries;
}

bool Outbox::commit_outcomes() {
  const size_t size = std::min(outcomes_.size(), kCommittedAtOnce);
  state::Transaction state(means_.store);
  std::vector<std::optional<Tries>> tries(size);
  std::vector<Told> told(size);
  for (size_t i = 0; i < size; ++i) tries[i] = outcome_of(state, outcomes_[i], told[i]);
  if (!state.changes().empty() && !state::commit_internal(means_.store, means_.journal, state)) return false;
  for (size_t i = 0; i < size; ++i) {
    const bool has_failed = told[i].what != Told::What::kArrived && told[i].what != Told::What::kWaits && !outcomes_[i].is_unwanted;
    lanes_.settle(outcomes_[i].ticket, tries[i], has_failed);
    count(outcomes_[i], told[i]);
  }
  means_.counters.sending -= static_cast<int64_t>(size);
  outcomes_.erase(outcomes_.begin(), outcomes_.begin() + static_cast<std::ptrdiff_t>(size));
  return true;
}

void Outbox::count(const Sent& sent, const Told& told) {
  if (sent.is_unwanted || told.what == Told::What::kWaits) return;
  Counters& counters = means_.counters;
  if (!sent.outcome.has_arrived) ++counters.failures;
  switch (told.what) {
    case Told::What::kArrived:
      ++counters.arrived;
      return;
    case Told::What::kFailed:
    case Told::What::kWaits:
      return;
    case Told::What::kDeadLettered:
      ++counters.dead_lettered;
      break;
    case Told::What::kDropped:
      ++counters.dropped;
      break;
  }
  if (sent.ticket.is_too_many) ++counters.too_many;
  if (told.what != Told::What::kDropped) return;
  if (const auto passed_over = log_limit_.admit(means_.clock.now())) {
    log::warning("What was to leave the server has not arrived and was dropped.", {{"owner", sent.put->owner},
                                                                                   {"lane", sent.ticket.lane},
                                                                                   {"for", sent.put->sender.source_arn},
                                                                                   {"code", told.code},
                                                                                   {"error", told.message},
                                                                                   {"tries", std::to_string(told.tries)},
                                                                                   {"others_since", std::to_string(*passed_over)}});
  }
}

}  // namespace cairn::outbox

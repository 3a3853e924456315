#include "rules/dispatcher.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "delivery/trail.h"
#include "rules/event_text.h"
#include "rules/trail_event.h"
#include "state/internal_commit.h"

namespace cairn::rules {
namespace {

using namespace std::chrono_literals;

constexpr size_t kReadBytes = 1 << 20;        // of the journal in one step
constexpr size_t kBatchBytesMax = 256 << 10;  // of items in one entry; one more event's may come beyond
constexpr size_t kEntryBytesMax = 960 << 10;  // of what one entry holds; below what the journal takes
constexpr size_t kItemOverheadBytes = 128;    // of an item's key and place in the entry, without its lane
constexpr size_t kLogStreamsMax = 10'000;
constexpr auto kRetryCommit = 50ms;  // the journal takes nothing at the moment
constexpr auto kRetryRead = 1s;
constexpr auto kGather = 20ms;      // between looks while there is no rule to match
constexpr auto kLookAtClock = 60s;  // the wall clock may jump

int64_t millis(Time time) { return time.time_since_epoch().count(); }

std::string encode_cursor(journal::Position position) { return std::to_string(position.seq); }

}  // namespace

Dispatcher::Dispatcher(const Means& means, env::Tasks& tasks)
    : means_(means),
      forwarding_(means.clock, means.directory),
      replaying_(means.events),
      read_{means.journal.oldest().seq - 1},
      needed_(0) {
  state::Transaction state(means_.store);
  // The cursor moves when something matches; what the journal has forgotten since did not concern it.
  if (const auto cursor = state.get(keys::kCursor)) read_ = std::max(read_, journal::Position{text::to_uint(*cursor).value_or(0)});
  needed_ = read_.seq;
  rules_.load(state);
  trails_.load(state);
  archiving_.load(state);
  replaying_.load(state);
  task_ = tasks.start("rules", [this] { return ready_ ? step() : env::Next::when_woken(); });
  ready_ = true;
  task_->wake();
}

Dispatcher::~Dispatcher() { stop(); }

void Dispatcher::stop() {
  if (!task_) return;
  means_.journal.unwatch(task_.get());
  task_.reset();
}

env::Next Dispatcher::step() {
  if (watching_) {
    means_.journal.unwatch(task_.get());
    watching_ = false;
    if (is_idle()) return env::Next::after(kGather);
  }
  if (!has_pending()) {
    if (!read()) return env::Next::after(kRetryRead);
    keep_schedules();
    if (stalled_) {
      begin_again();
      return env::Next::after(kRetryCommit);
    }
  }
  if (!commit(Cursor::kMoves)) return env::Next::after(kRetryCommit);
  needed_ = read_.seq;
  if (!replay()) return env::Next::after(kRetryCommit);
  return means_.journal.durable() > read_ ? env::Next::now() : rest();
}

/// What replays bring now is found in the journal, as if it had been put. False: later.
bool Dispatcher::replay() {
  if (replaying_.empty()) return true;
  state::Transaction state(means_.store);
  std::string note;
  replaying_.step(state, note, means_.clock.now());
  if (!note.empty()) state.note(kNote, std::move(note));
  return state.changes().empty() || state::commit_internal(means_.store, means_.journal, state).has_value();
}

env::Next Dispatcher::rest() {
  means_.journal.watch(task_.get());
  watching_ = true;
  if (means_.journal.durable() > read_) return env::Next::now();
  const std::optional<Time> next = next_time();
  if (!next) return env::Next::when_woken();
  return env::Next::after(std::clamp<std::chrono::nanoseconds>(*next - means_.clock.now(), 1ms, kLookAtClock));
}

/// False: the journal cannot be read.
bool Dispatcher::read() {
  bool full = false;
  const auto given = means_.journal.read(read_, kReadBytes, [&](journal::Position position, std::string_view bytes) {
    if (full) return;
    const Result<journal::EntryView> entry = journal::decode_entry(bytes);
    if (entry) take(position, *entry);  // else a newer version wrote it: other followers have crashed by now
    read_ = position;
    full = bytes_ >= kBatchBytesMax || stalled_;
  });
  if (!given) log::error("The rules of event buses cannot read the journal and wait.", {{"error", given.error().message}});
  return given.has_value();
}

/// What an entry changes counts from the next one on: the call that makes a rule is not for it, the one that ends a trail still is.
void Dispatcher::take(journal::Position position, const journal::EntryView& entry) {
  if (!is_idle())
    for (const std::string_view record : entry.records) take_record(record, position.seq);
  for (const journal::ChangeView& change : entry.changes) take_change(change, position.seq);
}

void Dispatcher::take_change(const journal::ChangeView& change, uint64_t position) {
  if (change.key.starts_with(keys::kRules)) return rules_.take_change(change.key, change.value);
  if (change.key.starts_with(keys::kArchives)) return archiving_.take_change(change.key, change.value);
  if (change.key.starts_with(keys::kReplays)) return replaying_.take_change(change.key, change.value);
  if (change.key.starts_with(delivery::keys::kTrails)) return trails_.take_change(change.key, change.value);
  if (change.key.starts_with(keys::kLostStreams) && change.value) {
    log_streams_.erase(std::string(change.key.substr(keys::kLostStreams.size())));
    documents_[std::string(change.key)] = std::nullopt;
    return;
  }
  if (journal::topic_of(change.key) != kNote || !change.value || is_idle()) return;
  const Result<std::vector<Posted>> posted = decode_posted(*change.value);
  if (!posted) return log::error("Events in the journal cannot be read.", {{"error", posted.error().message}});
  for (const Posted& each : *posted) dispatch(each.bus, each.event, &each, position, false);
}

void Dispatcher::take_record(std::string_view record, uint64_t position) {
  if (!event::read_selected(record, document_, event_) || is_own_delivery(event_) || detail_type_of(event_).empty()) return;
  const BusName bus = bus_of(event_);
  if ((!rules_.has(bus) && !archiving_.has(bus)) || !trails_.want(event_, position)) return;
  if (record.size() > kEventBytesMax) {
    ++means_.counters.too_large;
    return;
  }
  dispatch(bus, event_of(event_, record, event_id_of(event_.id)), nullptr, position, is_read(event_));
}

void Dispatcher::dispatch(const BusName& bus, std::string_view event, const Posted* posted, uint64_t position, bool is_read) {
  rules_.match(bus, event, matched_);
  ++means_.counters.events;
  if (!is_read && archiving_.has(bus)) {
    archiving_.take(bus, event, position, means_.clock.now(), [this](size_t bytes) {
      const bool is_there = make_room(bytes);
      if (is_there) bytes_ += bytes;
      return is_there;
    });
  }
  for (const auto& rule : matched_) {
    if (rule->rule.since >= position || (is_read && rule->rule.state != RuleState::kEnabledWithReads)) continue;
    if (posted != nullptr && !posted->replay_rules.empty()) {
      const std::vector<std::string_view> only = text::split(posted->replay_rules, ' ');
      if (std::ranges::find(only, rule->rule.arn()) == only.end()) continue;
    }
    ++means_.counters.matched;
    send(*rule, event, posted != nullptr && posted->is_forwarded);
  }
}

void Dispatcher::send(const CompiledRule& rule, std::string_view event, bool is_forwarded) {
  const Time now = means_.clock.now();
  for (const Target& target : rule.targets) {
    outbox::Item item = item_of(rule, target, event, now);
    if (target.at().kind == TargetKind::kBus) {
      if (!make_room(event.size() + target.arn().size() + kItemOverheadBytes)) return;
      state::Transaction state(means_.store);
      const size_t before = note_.size();
      const Result<void, std::string> done = forwarding_.forward(state, rule, target, event, is_forwarded, note_);
      if (done) {
        bytes_ += note_.size() - before;
        continue;
      }
      std::get<outbox::Deferred>(item.what).data["failure"] = done.error();
    }
    ++means_.counters.sent;
    if (target.at().kind == TargetKind::kLogGroup) send_to_log(target, std::move(item));
    else add(std::move(item));
  }
}

void Dispatcher::add(outbox::Item item) {
  const size_t bytes = outbox::encode(item).size();
  if (bytes > outbox::kItemBytesMax) {
    ++means_.counters.too_large;
    return log::warning("An event is too large to be sent to a target of its rule.", {{"rule", item.sender.source_arn}});
  }
  const size_t in_entry = bytes + item.lane.size() + kItemOverheadBytes;
  if (!make_room(in_entry)) return;
  items_.push_back(std::move(item));
  bytes_ += in_entry;
}

/// False: there is none, and none could be made.
bool Dispatcher::make_room(size_t bytes) {
  if (bytes_ + bytes > kEntryBytesMax && has_pending() && !stalled_) stalled_ = !commit(Cursor::kStays);
  return !stalled_;
}

/// From the last commit on; what the entries since have changed of rules and trails is found there once more.
void Dispatcher::begin_again() {
  stalled_ = false;
  items_.clear();
  note_.clear();
  documents_.clear();
  archiving_.clear();
  bytes_ = 0;
  alarms_version_.reset();
  log_streams_.clear();
  read_ = {needed_.load()};
}

/// One after the other: the stream is made first. A new one each day, after each start, and when the last was lost.
void Dispatcher::send_to_log(const Target& target, outbox::Item item) {
  const Time now = means_.clock.now();
  const std::string day = timestamps::basic_date(now);
  order_ = std::max(order_ + 1, static_cast<uint64_t>(millis(now)) << 10);
  if (log_streams_.size() >= kLogStreamsMax && !log_streams_.contains(item.lane)) log_streams_.clear();
  std::string& stream = log_streams_[item.lane];
  item.is_ordered = true;
  if (!stream.starts_with(day)) {
    stream = day + "/" + means_.random.uuid();
    outbox::Item made{.lane = item.lane, .owner = item.owner, .sender = item.sender, .retry = item.retry, .is_ordered = true};
    made.what = outbox::Deferred{{{"target", target.arn()}, {"stream", stream.substr(day.size() + 1)}, {"makes", true}}};
    made.order = order_++;
    add(std::move(made));
  }
  std::get<outbox::Deferred>(item.what).data["stream"] = stream.substr(day.size() + 1);
  item.order = order_;
  add(std::move(item));
}

// ------------------------------------------------------------------ schedules

void Dispatcher::load_alarms() {
  if (alarms_version_ == rules_.version()) return;
  alarms_version_ = rules_.version();
  alarms_.clear();
  state::Transaction state(means_.store);
  rules_.each_schedule([&](const std::shared_ptr<const CompiledRule>& rule) {
    Time last = rule->rule.start;
    if (const auto fired = state.get(keys::fired(rule->rule.bus, rule->rule.name)))
      last = std::max(last, Time(std::chrono::milliseconds(text::to_int(*fired).value_or(0))));
    alarms_.push_back({rule, last, rule->schedule->next(last, rule->rule.start)});
  });
}

/// Of the times that passed while nothing ran, the last is kept, once.
void Dispatcher::keep_schedules() {
  load_alarms();
  const Time now = means_.clock.now();
  for (Alarm& alarm : alarms_) {
    if (!alarm.next || *alarm.next > now) continue;
    Time due = *alarm.next;
    const Rule& rule = alarm.rule->rule;
    due = alarm.rule->schedule->last(due, now, rule.start);
    const std::string arn = rule.arn();
    const std::string event = event_text({.id = means_.random.uuid(),
                                          .detail_type = "Scheduled Event",
                                          .source = "aws.events",
                                          .account = rule.bus.account,
                                          .time = due,
                                          .region = rule.bus.region,
                                          .resources = std::span(&arn, 1),
                                          .detail = "{}"});
    ++means_.counters.scheduled;
    send(*alarm.rule, event, false);
    const std::string fired = keys::fired(rule.bus, rule.name);
    if (!make_room(fired.size() + kItemOverheadBytes)) return;
    documents_[fired] = std::to_string(millis(due));
    bytes_ += fired.size() + kItemOverheadBytes;
    alarm.last = due;
    alarm.next = alarm.rule->schedule->next(due, rule.start);
  }
}

std::optional<Time> Dispatcher::next_time() const {
  std::optional<Time> first;
  for (const Alarm& alarm : alarms_)
    if (alarm.next && (!first || *alarm.next < *first)) first = alarm.next;
  return first;
}

// ------------------------------------------------------------------

/// What was gathered, and how far was read, in one entry. False: later.
bool Dispatcher::commit(Cursor cursor) {
  if (!has_pending()) return true;
  state::Transaction state(means_.store);
  for (const outbox::Item& item : items_) outbox::put(state, means_.random, means_.clock.now(), item);
  if (!note_.empty()) state.note(kNote, note_);
  for (const auto& [key, document] : documents_) {
    if (document) state.put(key, *document);
    else state.erase(key);
  }
  archiving_.write(state);
  if (cursor == Cursor::kMoves) state.put(keys::kCursor, encode_cursor(read_));
  if (!state::commit_internal(means_.store, means_.journal, state)) return false;
  items_.clear();
  note_.clear();
  documents_.clear();
  archiving_.clear();
  bytes_ = 0;
  return true;
}

}  // namespace cairn::rules

#include "delivery/log_group_delivery.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "delivery/cursor.h"
#include "delivery/log_role.h"
#include "journal/entry.h"
#include "state/internal_commit.h"

namespace cairn::delivery {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr size_t kReadBytes = 4 << 20;        // of the journal in one step
constexpr size_t kBatchBytesMax = 1'000'000;  // below what PutLogEvents takes: 1,048,576 with 26 for each event
constexpr size_t kEventOverheadBytes = 26;
constexpr int64_t kSpanMax = 12 * 3'600'000;  // milliseconds from a batch's first event to its last; PutLogEvents takes 24 hours
constexpr auto kGather = 100ms;               // between looks at a journal that goes on and on
constexpr auto kRetryFirst = 1s, kRetryMax = 60s;
constexpr auto kLookAtClock = 60s;
constexpr int kTriesOfDeleted = 3;  // for the last events of a trail that is gone

int64_t millis(Time time) { return time.time_since_epoch().count(); }

}  // namespace

// ------------------------------------------------------------------ documents

std::string encode(const LogCursor& cursor) {
  Json document{{"position", cursor.position.seq}, {"trailKey", cursor.trail_key}};
  if (cursor.trail) document["trail"] = encode(*cursor.trail);
  return json::dump(document);
}

LogCursor decode_log_cursor(std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  LogCursor cursor{.position = {document.at("position").get<uint64_t>()},
                   .trail_key = document.at("trailKey").get<std::string>(),
                   .trail = std::nullopt};
  if (document.contains("trail")) cursor.trail = decode_trail(document.at("trail").get<std::string>());
  return cursor;
}

std::string encode(const LogStatus& status) {
  Json document = Json::object();
  if (status.delivered) document["delivered"] = millis(*status.delivered);
  if (!status.error.empty()) document["error"] = status.error;
  return json::dump(document);
}

LogStatus read_log_status(state::Transaction& state, std::string_view trail_id) {
  const std::optional<std::string> text = state.get(keys::log_status(trail_id));
  if (!text) return {};
  const Json document = json::parse(*text).value();  // we wrote it
  LogStatus status{.delivered = std::nullopt, .error = document.value("error", "")};
  if (document.contains("delivered")) status.delivered = Time(std::chrono::milliseconds(document.at("delivered").get<int64_t>()));
  return status;
}

namespace keys {
std::string log_cursor(std::string_view trail_id) { return kLogCursors + std::string(trail_id); }
std::string log_status(std::string_view trail_id) { return fmt::format("delivery/log-status/{}", trail_id); }
}  // namespace keys

// ------------------------------------------------------------------ life

LogGroupDelivery::LogGroupDelivery(const Means& means, env::Tasks& tasks, std::string trail_id, LogCursor cursor)
    : means_(means),
      id_(std::move(trail_id)),
      cursor_(std::move(cursor)),
      read_(cursor_.position),
      next_trail_(cursor_.trail),
      needed_(cursor_.position.seq) {
  state::Transaction state(means_.store);
  status_ = read_log_status(state, id_);
  if (next_trail_) wanted_.emplace(*next_trail_);
  task_ = tasks.start("log group", [this] { return ready_ ? step() : env::Next::when_woken(); });
  completions_->wake_by(task_.get());
  ready_ = true;
  task_->wake();
}

LogGroupDelivery::~LogGroupDelivery() { stop(); }

void LogGroupDelivery::stop() {
  if (!task_) return;
  means_.journal.unwatch(task_.get());
  completions_->wake_by(nullptr);
  task_.reset();
}

void LogGroupDelivery::hurry() { task_->wake(); }

env::Next LogGroupDelivery::step() {
  if (watching_) {
    means_.journal.unwatch(task_.get());
    watching_ = false;
    if (means_.journal.durable() > read_) return env::Next::after(kGather);  // more is likely to come with it
  }
  if (!completions_->complete()) return env::Next::when_woken();
  take_outcomes();
  const nanoseconds now = means_.clock.steady();
  if (now < retry_at_) {
    give_up_what_must_not_wait();
    return env::Next::after(std::max<nanoseconds>(retry_at_ - now, 1ms));
  }
  if (batch_.empty() && !turned_ && !read_batch()) {
    retry_at_ = now + kRetryFirst;
    return env::Next::after(kRetryFirst);
  }
  if (!batch_.empty()) return put_next();
  if (turned_) return finish_batch();
  needed_ = read_.seq;  // nothing of interest was between
  return means_.journal.durable() > read_ ? env::Next::now() : rest();
}

env::Next LogGroupDelivery::rest() {
  means_.journal.watch(task_.get());
  watching_ = true;
  if (means_.journal.durable() > read_) return env::Next::now();
  return env::Next::after(kLookAtClock);
}

// ------------------------------------------------------------------ reading

void LogGroupDelivery::add(std::string_view record) {
  if (!wanted_ || wanted_->trail().log_group.empty() || !event::read_selected(record, document_, event_)) return;
  if (!wanted_->file_of(event_)) return;
  if (record.size() > kEventBytesMax) {
    ++means_.counters.too_large;
    return;
  }
  batch_.emplace_back(millis(event_.time), std::string(record));
  bytes_ += record.size() + kEventOverheadBytes;
}

/// False: the journal cannot be read.
bool LogGroupDelivery::read_batch() {
  bool full = false;
  const auto given = means_.journal.read(read_, kReadBytes, [&](journal::Position position, std::string_view bytes) {
    if (full || turned_) return;
    const Result<journal::EntryView> entry = journal::decode_entry(bytes);
    if (!entry) return;  // a newer version wrote it: Feed has crashed by now
    size_t size = 0;
    for (const std::string_view record : entry->records) size += record.size() + kEventOverheadBytes;
    if (!batch_.empty()) {
      full = bytes_ + size > kBatchBytesMax || batch_.size() + entry->records.size() > kBatchEventsMax;
      if (!full && !entry->records.empty() && event::read_selected(entry->records.front(), document_, event_))
        full = std::abs(millis(event_.time) - batch_.front().first) > kSpanMax;
      if (full) return;
    }
    const journal::ChangeView* change = nullptr;
    for (const journal::ChangeView& each : entry->changes)
      if (each.key == cursor_.trail_key) change = &each;
    const std::optional<Trail> changed = change != nullptr ? turn_of(id_, change->value).trail : std::nullopt;
    const bool is_change = change != nullptr && !(changed && next_trail_ && encode(*changed) == encode(*next_trail_));
    // What starts logging is the trail's first event, what stops it its last.
    const bool was_logging = next_trail_ && next_trail_->logging;
    if (is_change && !was_logging) {
      next_trail_ = changed;
      wanted_.reset();
      if (changed) wanted_.emplace(*changed);
    }
    for (const std::string_view record : entry->records) add(record);
    read_ = position;
    if (is_change && was_logging) next_trail_ = changed;
    turned_ = is_change;
  });
  if (!given)
    log::error("A trail cannot read the journal for its log group and waits.",
               {{"trail", cursor_.trail_key}, {"error", given.error().message}});
  return given.has_value();
}

// ------------------------------------------------------------------ putting

std::string LogGroupDelivery::group_name() const {
  // arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*
  constexpr std::string_view kType = ":log-group:";
  const std::string& arn = wanted_->trail().log_group;
  std::string name = arn.substr(arn.find(kType) + kType.size());
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  return name;
}

/// Of all regions' events, as AWS names it.
std::string LogGroupDelivery::stream_name() const {
  return fmt::format("{}_CloudTrail_{}", wanted_->trail().account.str(), wanted_->trail().home.str());
}

api::Client::Request LogGroupDelivery::request_of(const aws::Principal& principal, std::string_view operation, std::string body) const {
  api::Client::Request request;
  request.principal = principal;
  request.service = "logs";
  request.region = wanted_->trail().home;
  request.method = "POST";
  request.target = "/";
  request.host = fmt::format("logs.{}.amazonaws.com", request.region.str());
  request.headers = {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", fmt::format("Logs_20140328.{}", operation)}};
  request.body = std::move(body);
  return request;
}

void LogGroupDelivery::call(api::Client::Request request) {
  completions_->expect();
  means_.client.call(std::move(request), [to = completions_](const http::Response& response) {
    Outcome outcome;
    if (response.status >= 300) {
      const Result<Json> body = json::parse(response.body);
      const std::string type = body && body->is_object() ? body->value("__type", "") : "";
      outcome.message = body && body->is_object() ? body->value("message", body->value("Message", "")) : "";
      const bool no_stream = type.ends_with("ResourceNotFoundException") && outcome.message.find("log stream") != std::string::npos;
      outcome.put = no_stream ? Put::kNoStream : Put::kRefused;
      if (outcome.message.empty()) outcome.message = fmt::format("CloudWatch Logs answered {}", response.status);
    }
    to->put(std::move(outcome));
  });
}

env::Next LogGroupDelivery::put_next() {
  state::Transaction state(means_.store);
  const Result<aws::Principal> principal = take_on_log_role(state, wanted_->trail(), means_.clock.now());
  if (!principal) {
    failed(principal.error().message);
    return env::Next::now();
  }
  if (making_stream_) {
    Json body{{"logGroupName", group_name()}, {"logStreamName", stream_name()}};
    call(request_of(*principal, "CreateLogStream", json::dump(body)));
    return env::Next::when_woken();
  }
  std::ranges::stable_sort(batch_, {}, [](const auto& event) { return event.first; });
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("logGroupName").string(group_name()).key("logStreamName").string(stream_name());
  writer.key("logEvents").begin_array();
  for (const auto& [time, record] : batch_) writer.begin_object().key("timestamp").number(time).key("message").string(record).end_object();
  writer.end_array().end_object();
  api::Client::Request request = request_of(*principal, "PutLogEvents", std::move(body));

  LogCursor next = cursor_;
  next.position = read_;
  next.trail = next_trail_;
  const LogStatus status{.delivered = means_.clock.now(), .error = ""};
  request.along = [cursor_key = keys::log_cursor(id_), status_key = keys::log_status(id_), cursor_text = encode(next),
                   status_text = encode(status)](state::Transaction& transaction, const Json&) {
    transaction.put(cursor_key, cursor_text);
    transaction.put(status_key, status_text);
  };
  putting_ = true;
  call(std::move(request));
  return env::Next::when_woken();
}

void LogGroupDelivery::take_outcomes() {
  for (const Outcome& outcome : completions_->take()) {
    const bool was_put = std::exchange(putting_, false);
    const bool was_making = std::exchange(making_stream_, outcome.put == Put::kNoStream);
    if (outcome.put == Put::kRefused) failed(outcome.message);
    if (outcome.put != Put::kDone || was_making || !was_put) continue;  // a stream that was made is put to now
    failures_ = 0;
    means_.counters.events += batch_.size();
    status_ = {.delivered = means_.clock.now(), .error = ""};
    cursor_.position = read_;
    cursor_.trail = next_trail_;
    batch_.clear();
    bytes_ = 0;
    needed_ = read_.seq;
    if (!turned_ || !next_trail_) continue;  // one that is gone takes its documents along: finish_batch
    turned_ = false;
    wanted_.emplace(*next_trail_);
  }
}

/// The trail changed, and nothing is to be put of what was before. A trail that is gone takes its documents along.
env::Next LogGroupDelivery::finish_batch() {
  state::Transaction state(means_.store);
  LogCursor next = cursor_;
  next.position = read_;
  next.trail = next_trail_;
  if (next_trail_) {
    state.put(keys::log_cursor(id_), encode(next));
  } else {
    state.erase(keys::log_cursor(id_));
    state.erase(keys::log_status(id_));
  }
  if (!state::commit_internal(means_.store, means_.journal, state)) {
    retry_at_ = means_.clock.steady() + kRetryFirst;
    return env::Next::after(kRetryFirst);
  }
  cursor_ = std::move(next);
  needed_ = read_.seq;
  turned_ = false;
  wanted_.reset();
  if (!next_trail_) return env::Next::when_woken();
  wanted_.emplace(*next_trail_);
  return env::Next::now();
}

void LogGroupDelivery::failed(std::string message) {
  ++means_.counters.failures;
  const auto wait = std::min<nanoseconds>(kRetryFirst * (1 << std::min(failures_, 6)), kRetryMax);
  ++failures_;
  retry_at_ = means_.clock.steady() + wait;
  if (status_.error == message) return;
  log::warning(is_deleted() ? "A log group takes none of the last events of its trail, which was deleted; they wait."
                            : "A log group takes no events of its trail; they wait.",
               {{"trail", cursor_.trail_key}, {"error", message}});
  status_.error = std::move(message);
  show(status_);
}

void LogGroupDelivery::show(const LogStatus& status) {
  state::Transaction state(means_.store);
  state.put(keys::log_status(id_), encode(status));
  (void)state::commit_internal(means_.store, means_.journal, state);  // the next failure tries again
}

bool LogGroupDelivery::is_deleted() const {
  const std::optional<std::string> document = state::Transaction(means_.store).get(cursor_.trail_key);
  return !turn_of(id_, document ? std::optional<std::string_view>(*document) : std::nullopt).trail;
}

/// A log group that takes nothing must not fill the disk, nor keep what nobody can look after any more.
void LogGroupDelivery::give_up_what_must_not_wait() {
  const bool is_all = failures_ >= kTriesOfDeleted && is_deleted();
  if (!is_all && means_.journal.bytes_behind(cursor_.position) <= means_.backlog_bytes_max) return;
  const auto goes_on = [&] { return is_all ? next_trail_.has_value() : means_.journal.bytes_behind(read_) > means_.backlog_bytes_max / 2; };
  uint64_t dropped = batch_.size();
  while (means_.journal.durable() > read_ && goes_on()) {
    batch_.clear();
    bytes_ = 0;
    const journal::Position before = read_;
    turned_ = false;
    if (!read_batch() || read_ == before) break;
    dropped += batch_.size();
    if (turned_) {
      wanted_.reset();
      if (next_trail_) wanted_.emplace(*next_trail_);
    }
  }
  batch_.clear();
  bytes_ = 0;
  turned_ = true;  // the cursor is kept as soon as it can be
  means_.counters.dropped += dropped;
  log::error(is_all ? "The last events of a trail that was deleted could not be put into its log group and are given up."
                    : "Events were given up for a log group that took none.",
             {{"trail", cursor_.trail_key}, {"events", std::to_string(dropped)}, {"error", status_.error}});
  (void)finish_batch();
}

}  // namespace cairn::delivery

#include "services/logs/live_tail.h"

#include <algorithm>
#include <cstring>

#include "aws/error.h"
#include "aws/event_stream.h"
#include "services/logs/stream.h"

namespace cairn::logs_service {
namespace {

namespace event_stream = aws::event_stream;

size_t bytes_of(const logs::Batch& batch) {
  size_t bytes = sizeof batch;
  for (const logs::Batch::Item& item : batch.items) bytes += sizeof item + item.message.size();
  return bytes;
}

/// A data key that the session was not given: a newer one.
struct UnknownKey {};

MessageOpener opener_with(const std::string& group, std::map<uint32_t, Secret> keys) {
  return {group, [keys = std::move(keys)](uint32_t number) {
            const auto key = keys.find(number);
            if (key == keys.end()) throw UnknownKey{};
            return key->second;
          }};
}

uint64_t below(env::Random& random, uint64_t bound) {
  const std::string bytes = random.bytes(sizeof(uint64_t));
  uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number % bound;
}

}  // namespace

LiveTail::LiveTail(const Means& means, std::vector<Tailed> groups, Filter filter, std::string start, std::shared_ptr<void> place)
    : place_(std::move(place)),
      means_(means),
      filter_(std::move(filter)),
      start_(std::move(start)),
      ends_(means.clock.steady() + kLasts),
      next_update_(means.clock.steady() + kUpdate) {
  for (Tailed& each : groups) {
    const std::string id = each.group.id;
    has_keys_ = has_keys_ || !each.data_keys.empty();
    groups_.emplace(id, At{std::move(each.group), opener_with(id, std::move(each.data_keys))});
  }
  for (const auto& [id, at] : groups_) means_.store.listen(id, *this);
}

LiveTail::~LiveTail() { means_.store.unlisten(*this); }

void LiveTail::came(const logs::Batch& batch) {
  const size_t bytes = bytes_of(batch);
  const std::lock_guard lock(mutex_);
  if (heard_bytes_ + bytes > kHeardBytesMax) {
    passed_over_ = true;
    return;
  }
  heard_bytes_ += bytes;
  heard_.push_back(batch);
}

bool LiveTail::wants_stream(std::string_view name) const {
  if (filter_.stream_names.empty() && filter_.stream_prefixes.empty()) return true;
  return std::ranges::find(filter_.stream_names, name) != filter_.stream_names.end() ||
         std::ranges::any_of(filter_.stream_prefixes, [&](const std::string& prefix) { return name.starts_with(prefix); });
}

/// Algorithm R: each that matched is as likely to be among those that are told.
void LiveTail::take(Json event) {
  ++matches_;
  if (found_.size() < kEventsMax) {
    found_.push_back(std::move(event));
    return;
  }
  if (const uint64_t at = below(means_.random, matches_); at < kEventsMax) found_[at] = std::move(event);
}

void LiveTail::look_at(const logs::Batch& batch) {
  const std::string_view stream = name_of_stored(batch.stream);
  if (!wants_stream(stream)) return;
  At& at = groups_.at(batch.group);
  uint32_t index = 0;
  for (const logs::Batch::Item& item : batch.items) {
    const auto message = at.opener.open({{item.timestamp, 0, index++}, batch.ingested, batch.stream, item.message});
    if (!message || !filter_.pattern.matches(*message)) continue;
    if (found_bytes_ + message->size() > kFoundBytesMax) {  // the update says that it is a sample
      ++matches_;
      continue;
    }
    found_bytes_ += message->size();
    take({{"logStreamName", stream},
          {"logGroupIdentifier", at.group.arn()},
          {"message", *message},
          {"timestamp", item.timestamp},
          {"ingestionTime", batch.ingested}});
  }
}

std::string LiveTail::update() {
  bool passed_over = false;
  {
    const std::lock_guard lock(mutex_);
    passed_over = std::exchange(passed_over_, false);
  }
  std::ranges::stable_sort(found_, {}, [](const Json& event) { return event.at("ingestionTime").get<int64_t>(); });
  const Json json{{"sessionMetadata", {{"sampled", passed_over || matches_ > found_.size()}}},
                  {"sessionResults", std::exchange(found_, {})}};
  matches_ = found_bytes_ = 0;
  return event_stream::event("sessionUpdate", json::dump(json));
}

std::string LiveTail::end(std::string_view exception, std::string_view message) const {
  return event_stream::exception(exception, json::dump(Json{{"message", message}}));
}

LiveTail::Piece LiveTail::next() {
  if (!start_.empty()) {
    const std::string start = std::exchange(start_, "");
    return {.bytes = event_stream::event("initial-response", "{}") + event_stream::event("sessionStart", start), .pause = kLook};
  }
  std::deque<logs::Batch> heard;
  {
    const std::lock_guard lock(mutex_);
    heard.swap(heard_);
    heard_bytes_ = 0;
  }
  // Who has the keys no longer may not be told, and this session has nobody to ask KMS for.
  if (has_keys_ && (means_.kms == nullptr || means_.kms->version() != means_.kms_version))
    return {.bytes = end("SessionStreamingException", "Something has changed in KMS, where a log group's key is: start the session again."),
            .is_last = true};
  try {
    for (const logs::Batch& batch : heard) look_at(batch);
  } catch (const UnknownKey&) {
    return {.bytes = end("SessionStreamingException", "A log group has another key since the session began: start it again."),
            .is_last = true};
  }
  const std::chrono::nanoseconds now = means_.clock.steady();
  if (now >= ends_) return {.bytes = end("SessionTimeoutException", "The session has lasted for three hours."), .is_last = true};
  if (now < next_update_) return {.bytes = "", .pause = kLook};
  next_update_ = std::max(next_update_ + kUpdate, now);
  return {.bytes = update(), .pause = kLook};
}

}  // namespace cairn::logs_service

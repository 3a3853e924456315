#include <algorithm>
#include <array>
#include <map>

#include "api/operation.h"
#include "api/ports.h"
#include "logquery/fields.h"
#include "services/logs/errors.h"
#include "services/logs/group_key.h"
#include "services/logs/queries.h"
#include "services/logs/stream.h"

/// What fields log events have: all of one event (GetLogRecord), the names of those of many (GetLogGroupFields).
namespace cairn::logs_service {
namespace {

constexpr size_t kFieldsMax = 1000;        // of one event, and of a group
constexpr size_t kNameBytesMax = 4 << 20;  // of their names: each tells its whole way through the event
constexpr size_t kEventsMax = 10'000;      // that are looked at for a group's fields, the newest
constexpr size_t kLookedAtMax = 16 << 20;  // bytes of them
constexpr int64_t kMinute = 60'000, kSecondsMax = 100'000'000'000;

std::string text_of(const logquery::Value& value) {
  std::string text;
  logquery::append_text(text, value);
  return text;
}

/// A pointer names an event by its group and place; only of groups of the caller's account and region.
void get_log_record(api::Call& call) {
  const std::string pointer = call.in.at("logRecordPointer").get<std::string>();
  if (call.in.value("unmask", false)) throw Error(aws::kNotImplemented, "unmask is not implemented: nothing is masked.");
  const auto event_at = parse_pointer(pointer);
  if (!event_at) throw Error(kInvalidParameter, "Invalid logRecordPointer: {}", pointer);
  const auto& [group_id, place] = *event_at;
  const std::optional<std::string> key = call.state->get(documents::group_id(group_id));
  const std::optional<std::string> document = key ? call.state->get(*key) : std::nullopt;
  const Error gone(kNotFound, "The specified log record does not exist.");
  if (!document) throw gone;
  const Group group = decode_group(*document);
  if (group.account != call.account || group.region != call.region || place.timestamp < group.oldest_wanted(call.now)) throw gone;

  Json record;
  visit_events(call, group, {.group = group_id, .start = place.timestamp, .end = place.timestamp},
               [&, place = place](const logs::EventView& event) {
                 if (event.place < place) return true;
                 if (event.place != place) return false;
                 const std::optional<Stream> stream = find_stream(call, group, name_of_stored(event.stream));
                 if (!stream || stream->stored_name() != event.stream) return false;
                 record = {{"@ingestionTime", std::to_string(event.ingested)},
                           {"@log", fmt::format("{}:{}", group.account.str(), group.name)},
                           {"@logStream", stream->name},
                           {"@message", event.message},
                           {"@ptr", pointer},
                           {"@timestamp", std::to_string(event.place.timestamp)}};
                 size_t fields = 0, name_bytes = 0;
                 logquery::each_field(event.message, [&](const std::string& name, const logquery::Value& value) {
                   if ((name_bytes += name.size()) > kNameBytesMax) return false;
                   record[name] = text_of(value);
                   return ++fields < kFieldsMax;
                 });
                 return false;
               });
  if (record.empty()) throw gone;
  call.out["logRecord"] = std::move(record);
}

/// Differs from AWS: of the events of the time, the newest 10,000 are looked at.
void get_log_group_fields(api::Call& call) {
  const Group group = open_named_group(call);
  const int64_t now = call.now.time_since_epoch().count();
  logs::Query query{.group = group.id, .newest_first = true};
  query.start = now - 15 * kMinute;
  query.end = now;
  if (const auto time = call.in.find("time"); time != call.in.end()) {
    const int64_t middle = std::min(time->get<int64_t>(), kSecondsMax) * 1000;
    query.start = middle - 8 * kMinute;
    query.end = middle + 8 * kMinute;
  }
  query.start = std::max(query.start, group.oldest_wanted(call.now));
  std::map<std::string, std::pair<size_t, size_t>> found;  // how many events have it, and the last of them
  size_t events = 0, looked_at = 0, name_bytes = 0;
  query.wants_stream = [&](std::string_view stored) {
    const std::optional<Stream> stream = find_stream(call, group, name_of_stored(stored));
    return stream && stream->stored_name() == stored;
  };
  visit_events(call, group, query, [&](const logs::EventView& event) {
    ++events;
    looked_at += event.message.size();
    logquery::each_field(event.message, [&](const std::string& name, const logquery::Value&) {
      auto at = found.find(name);
      if (at == found.end() && found.size() < kFieldsMax && name_bytes + name.size() <= kNameBytesMax) {
        name_bytes += name.size();
        at = found.emplace(name, std::pair<size_t, size_t>{}).first;
      }
      if (at != found.end() && at->second.second != events) at->second = {at->second.first + 1, events};
      return true;
    });
    return events < kEventsMax && looked_at < kLookedAtMax;
  });
  std::vector<std::pair<std::string, size_t>> fields;
  if (events > 0)
    for (const char* name : {"@ingestionTime", "@log", "@logStream", "@message", "@timestamp"}) fields.emplace_back(name, 100);
  for (const auto& [name, count] : found) fields.emplace_back(name, count.first * 100 / events);
  std::ranges::stable_sort(fields, [](const auto& a, const auto& b) { return a.second > b.second; });
  call.out["logGroupFields"] = Json::array();
  for (const auto& [name, percent] : fields) call.out["logGroupFields"].push_back({{"name", name}, {"percent", percent}});
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetLogGroupFields", get_log_group_fields, api::Runs::kPool},
    {"GetLogRecord", get_log_record, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_log_record;
const api::Family logs_log_record{.service = "logs", .operations = logs_service::kOperations};
}  // namespace cairn::services

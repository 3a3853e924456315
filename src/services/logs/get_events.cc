#include <algorithm>
#include <array>

#include "api/operation.h"
#include "services/logs/errors.h"
#include "services/logs/group_key.h"
#include "services/logs/place_text.h"
#include "services/logs/stream.h"

/// GetLogEvents: the events of one stream, forwards or backwards.
namespace cairn::logs_service {
namespace {

constexpr size_t kEventsMax = 10'000, kPageBytesMax = 1 << 20;

/// Tokens stand behind (f) or before (b) a place.
struct Token {
  bool forward = false;
  std::optional<logs::Place> place;  // nullopt: there was none, begin at the end that is asked for
};

Token token_of(const Json& in) {
  const auto text = in.find("nextToken");
  if (text == in.end()) return {.forward = in.value("startFromHead", false), .place = std::nullopt};
  const std::string& token = text->get_ref<const std::string&>();
  std::optional<logs::Place> place = token.size() > 2 ? parse_place(std::string_view(token).substr(2)) : std::nullopt;
  if (!place || !(token.starts_with("f/") || token.starts_with("b/"))) throw invalid_token();
  return {.forward = token[0] == 'f', .place = place};
}

logs::Place just_behind(const logs::Place& place) { return {place.timestamp, place.position, place.index + 1}; }
logs::Place just_before(const logs::Place& place) {
  constexpr uint32_t kIndexMax = std::numeric_limits<uint32_t>::max();
  if (place.index > 0) return {place.timestamp, place.position, place.index - 1};
  if (place.position > 0) return {place.timestamp, place.position - 1, kIndexMax};
  return {std::max<int64_t>(place.timestamp - 1, 0), std::numeric_limits<uint64_t>::max(), kIndexMax};
}

void get_log_events(api::Call& call) {
  const Json& in = call.in;
  const Group group = open_named_group(call);
  const Stream stream = open_stream(call, group, in.at("logStreamName").get<std::string>());
  const Token token = token_of(in);
  const size_t limit = in.value("limit", kEventsMax);

  logs::Query query{.group = group.id, .newest_first = !token.forward, .beyond = token.place};
  query.start = std::max(in.value("startTime", query.start), group.oldest_wanted(call.now));
  if (const auto end = in.find("endTime"); end != in.end()) query.end = end->get<int64_t>() - 1;  // "equal to or later: not included"
  query.wants_stream = [name = stream.stored_name()](std::string_view stored) { return stored == name; };

  std::vector<Json> events;
  std::optional<logs::Place> first, last;
  size_t bytes = 0;
  visit_events(call, group, query, [&](const logs::EventView& event) {
    bytes += event.message.size() + 26;
    if (events.size() == limit || (bytes > kPageBytesMax && !events.empty())) return false;
    if (!first) first = event.place;
    last = event.place;
    events.push_back({{"timestamp", event.place.timestamp}, {"message", event.message}, {"ingestionTime", event.ingested}});
    return true;
  });
  if (!token.forward) {
    std::ranges::reverse(events);
    std::swap(first, last);
  }
  call.out["events"] = events;
  // Nothing came: the client asks again with the same token, or turns round, and then gets what stands at that very place.
  const logs::Place here = token.place.value_or(logs::Place{std::max<int64_t>(query.start, 0), 0, 0});
  call.out["nextForwardToken"] = "f/" + place_text(last ? *last : token.forward ? here : just_before(here));
  call.out["nextBackwardToken"] = "b/" + place_text(first ? *first : token.forward ? just_behind(here) : here);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetLogEvents", get_log_events, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_get_events;
const api::Family logs_get_events{.service = "logs", .operations = logs_service::kOperations};
}  // namespace cairn::services

#include <array>
#include <map>
#include <set>

#include "api/operation.h"
#include "logs/store.h"
#include "services/logs/errors.h"
#include "services/logs/group_key.h"
#include "services/logs/pattern.h"
#include "services/logs/place_text.h"
#include "services/logs/stream.h"

/// FilterLogEvents: the events of many streams that a pattern wants.
namespace cairn::logs_service {
namespace {

constexpr size_t kEventsMax = 10'000, kPageBytesMax = 1 << 20;
constexpr size_t kLookedAtMax = 64 << 20;  // bytes of messages; then the page ends, however little was found, and its token goes on
constexpr int64_t kNewestFirstSince = 1'704'067'200'000;  // 2024-01-01, milliseconds: AWS looks no further back from the end

/// Which streams of the group are asked for. Events of streams that were deleted since are nobody's.
class Wanted {
 public:
  Wanted(api::Call& call, const Group& group) : call_(call), group_(group), prefix_(call.in.value("logStreamNamePrefix", "")) {
    const auto names = call.in.find("logStreamNames");
    if (names == call.in.end()) return;
    if (!prefix_.empty()) throw Error(kInvalidParameter, "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
    for (const Json& name : *names) names_.insert(open_stream(call, group, name.get<std::string>()).name);
  }

  bool operator()(std::string_view stored) {
    if (const auto known = known_.find(stored); known != known_.end()) return known->second;
    const std::string name(name_of_stored(stored));
    bool wanted = name.starts_with(prefix_) && (names_.empty() || names_.contains(name));
    if (wanted) {
      const std::optional<Stream> stream = find_stream(call_, group_, name);
      wanted = stream && stream->stored_name() == stored;
    }
    known_.emplace(stored, wanted);
    return wanted;
  }

 private:
  api::Call& call_;
  const Group& group_;
  const std::string prefix_;
  std::set<std::string, std::less<>> names_;
  std::map<std::string, bool, std::less<>> known_;
};

void filter_log_events(api::Call& call) {
  const Json& in = call.in;
  const Group group = open_named_group(call);
  const patterns::FilterPattern pattern = compiled_pattern(in.value("filterPattern", ""));
  Wanted wanted(call, group);
  const size_t limit = in.value("limit", kEventsMax);

  logs::Query query{.group = group.id, .newest_first = !in.value("startFromHead", true)};
  if (query.newest_first && in.value("startTime", kNewestFirstSince) < kNewestFirstSince)
    throw Error(kInvalidParameter, "startFromHead can be false only with a startTime on or after Jan 1, 2024 00:00:00 UTC.");
  query.start = std::max(in.value("startTime", query.start), group.oldest_wanted(call.now));
  query.end = in.value("endTime", query.end);
  if (query.start > query.end) throw Error(kInvalidParameter, "startTime must be before endTime.");
  if (const auto token = in.find("nextToken"); token != in.end()) {
    query.beyond = parse_place(token->get<std::string>());
    if (!query.beyond) throw invalid_token();
  }
  query.wants_stream = [&](std::string_view stored) { return wanted(stored); };

  Json events = Json::array();
  size_t bytes = 0, looked_at = 0;
  std::optional<logs::Place> last;
  bool more = false;
  visit_events(call, group, query, [&](const logs::EventView& event) {
    more = events.size() == limit || (bytes > kPageBytesMax && !events.empty()) || looked_at > kLookedAtMax;
    if (more) return false;
    last = event.place;
    looked_at += event.message.size();
    if (!pattern.matches(event.message)) return true;
    bytes += event.message.size();
    events.push_back({{"logStreamName", name_of_stored(event.stream)},
                      {"timestamp", event.place.timestamp},
                      {"message", event.message},
                      {"ingestionTime", event.ingested},
                      {"eventId", place_text(event.place)}});
    return true;
  });
  call.out["events"] = std::move(events);
  call.out["searchedLogStreams"] = Json::array();  // AWS gives nothing else since 2021
  if (more) call.out["nextToken"] = place_text(*last);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"FilterLogEvents", filter_log_events, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_filter_events;
const api::Family logs_filter_events{.service = "logs", .operations = logs_service::kOperations};
}  // namespace cairn::services

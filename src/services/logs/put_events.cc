#include <algorithm>
#include <array>

#include "api/operation.h"
#include "logs/event.h"
#include "services/logs/access.h"
#include "services/logs/errors.h"
#include "services/logs/group_key.h"
#include "services/logs/place_text.h"
#include "services/logs/stream.h"

/// PutLogEvents: the events travel as a note in the journal's entry, and the store takes them from there.
namespace cairn::logs_service {
namespace {

using namespace std::chrono_literals;

constexpr size_t kBatchBytesMax = 1'048'576, kEventOverheadBytes = 26;
constexpr size_t kEventBytesMax = 1'048'576 - kEventOverheadBytes;
constexpr auto kOldest = 14 * 24h, kNewest = 2h, kSpanMax = 24h;

int64_t millis(Time time) { return time.time_since_epoch().count(); }
int64_t time_of(const Json& event) { return event.at("timestamp").get<int64_t>(); }

void check_sizes(const Json& events) {
  size_t bytes = 0;
  for (const Json& event : events) {
    const size_t size = event.at("message").get_ref<const std::string&>().size();
    if (size > kEventBytesMax)
      throw Error(kInvalidParameter, "Log event too large: {} bytes exceeds limit of {}", size + kEventOverheadBytes, kBatchBytesMax);
    bytes += size + kEventOverheadBytes;
  }
  if (bytes > kBatchBytesMax) throw Error(kInvalidParameter, "Upload too large: {} bytes exceeds limit of {}", bytes, kBatchBytesMax);
}

/// Those of the batch that are taken, [begin, end); the rest is told to the caller.
struct Accepted {
  size_t begin = 0, end = 0;
};
Accepted accept(api::Call& call, const Group& group, const Json& events) {
  const auto first_from = [&](int64_t time) {
    return static_cast<size_t>(std::ranges::lower_bound(events, time, {}, time_of) - events.begin());
  };
  const int64_t expired = group.oldest_wanted(call.now), too_old = millis(call.now - kOldest), too_new = millis(call.now + kNewest) + 1;
  const size_t old_end = first_from(too_old), expired_end = first_from(expired), new_start = first_from(too_new);
  Json rejected = Json::object();
  if (new_start < events.size()) rejected["tooNewLogEventStartIndex"] = new_start;
  if (old_end > 0) rejected["tooOldLogEventEndIndex"] = old_end;
  if (expired_end > old_end) rejected["expiredLogEventEndIndex"] = expired_end;
  if (!rejected.empty()) call.out["rejectedLogEventsInfo"] = std::move(rejected);
  return {std::max(old_end, expired_end), new_start};
}

/// Differs from AWS: entities are not kept.
void put_log_events(api::Call& call) {
  require_may_write(call);
  const Group group = open_group(call, call.in.at("logGroupName").get<std::string>());
  Stream stream = open_stream(call, group, call.in.at("logStreamName").get<std::string>());
  const Json& events = call.in.at("logEvents");
  check_sizes(events);
  if (!std::ranges::is_sorted(events, {}, time_of))
    throw Error(kInvalidParameter, "Log events in a single PutLogEvents request must be in chronological order.");
  const Accepted accepted = accept(call, group, events);
  if (accepted.begin < accepted.end) {
    const int64_t first = time_of(events[accepted.begin]), last = time_of(events[accepted.end - 1]);
    if (last - first > std::chrono::milliseconds(kSpanMax).count())
      throw Error(kInvalidParameter, "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
    logs::Batch batch{.group = group.id, .stream = stream.stored_name(), .ingested = millis(call.now), .items = {}};
    for (size_t i = accepted.begin; i < accepted.end; ++i)
      batch.items.push_back({time_of(events[i]), events[i].at("message").get<std::string>()});
    seal_batch(call, group, batch);
    call.state->note(logs::kNote, encode(batch));
    stream.note_events(first, last, batch.ingested);
    call.state->put(documents::stream(group.id, stream.name), encode(stream));
  }
  // Ignored if it comes back, but old clients want one.
  call.out["nextSequenceToken"] = place_text({millis(call.now), call.state->base().seq, 0});
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"PutLogEvents", put_log_events},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_put_events;
const api::Family logs_put_events{.service = "logs", .operations = logs_service::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

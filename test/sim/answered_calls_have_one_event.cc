#include "world.h"

namespace cairn::sim {

/// No action without a record: every answered call has exactly one event, with the request id and the outcome its client saw; no
/// call has two; and a client that had its answer before it asked again finds its events in that order.
void answered_calls_have_one_event(const World& world, const std::vector<Recorded>& history) {
  std::map<uint64_t, const Recorded*> by_call;
  std::set<std::string> ids;
  std::map<uint64_t, size_t> place;
  for (size_t i = 0; i < history.size(); ++i) {
    const Recorded& event = history[i];
    if (!by_call.emplace(event.call, &event).second) throw std::runtime_error(fmt::format("call {} has two events", event.call));
    if (!ids.insert(event.event_id).second) throw std::runtime_error(fmt::format("event {} stands twice", event.event_id));
    place[event.call] = i;
  }
  for (const auto& [id, call] : world.calls) {
    if (!call.answered || call.operation == "SearchEvents") continue;
    const auto found = by_call.find(id);
    if (call.status == 503 && found == by_call.end()) continue;  // refused before anything was decided
    if (found == by_call.end())
      throw std::runtime_error(
          fmt::format("call {} ({} {}/{}) was answered {} and has no event", id, call.operation, call.bucket, call.key, call.status));
    const Recorded& event = *found->second;
    if (event.name != call.operation || event.request_id != call.request_id || event.error_code != call.error_code)
      throw std::runtime_error(fmt::format("call {}: answered {} {} {}, recorded {} {} {}", id, call.operation, call.request_id,
                                           call.error_code, event.name, event.request_id, event.error_code));
  }
}

}  // namespace cairn::sim

#include <array>

#include "api/operation.h"
#include "base/json.h"
#include "patterns/event/event_matcher.h"
#include "services/events/door.h"
#include "services/events/errors.h"

namespace cairn::events_service {
namespace {

void test_event_pattern(api::Call& call) {
  const std::string pattern = call.in.at("EventPattern").get<std::string>(), event = call.in.at("Event").get<std::string>();
  const auto read = patterns::EventPattern::read(pattern);
  if (!read) throw Error(kInvalidEventPattern, "Event pattern is not valid. Reason: {}", read.error().message);
  json::Document document;
  const Result<json::View> root = document.parse(event);
  if (!root || !root->is_object()) throw Error(aws::kValidation, "Parameter Event is not valid.");
  for (const char* member : {"id", "account", "source", "time", "region", "resources", "detail-type"})
    if (!(*root)[member].exists()) throw Error(aws::kValidation, "Parameter Event is not valid.");
  call.out["Result"] = patterns::EventMatcher(*read).matches(event);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"TestEventPattern", test_event_pattern, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::events_service

namespace cairn::services {
extern const api::Family events_event_pattern;
const api::Family events_event_pattern{.service = "events", .operations = events_service::kOperations};
}  // namespace cairn::services

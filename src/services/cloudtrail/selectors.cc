#include <array>
#include <string>

#include "api/operation.h"
#include "services/cloudtrail/errors.h"
#include "services/cloudtrail/selector_rules.h"
#include "services/cloudtrail/settings.h"
#include "services/cloudtrail/trail_door.h"

namespace cairn::cloudtrail {
namespace {

using delivery::Trail;

/// What a trail without selectors of its own goes by.
Json default_event_selectors() { return checked_event_selectors(Json::array({Json::object()})); }

void show_event_selectors(api::Call& call, const Trail& trail) {
  call.out["TrailARN"] = trail.arn();
  if (!trail.advanced_event_selectors.empty()) call.out["AdvancedEventSelectors"] = trail.advanced_event_selectors;
  else call.out["EventSelectors"] = trail.event_selectors.empty() ? default_event_selectors() : trail.event_selectors;
}

void put_event_selectors(api::Call& call) {
  Trail trail = open_trail(call, call.in.value("TrailName", ""), Use::kChange);
  const Json basic = call.in.value("EventSelectors", Json::array());
  const Json advanced = call.in.value("AdvancedEventSelectors", Json::array());
  if (!basic.empty() && !advanced.empty())
    throw Error(kInvalidEventSelectors, "You can use either EventSelectors or AdvancedEventSelectors in a request, but not both.");
  if (advanced.empty()) {
    trail.event_selectors = checked_event_selectors(basic);
  } else {
    check_advanced_event_selectors(advanced);
    trail.event_selectors = Json::array();
  }
  trail.advanced_event_selectors = advanced;
  save(call, trail);
  show_event_selectors(call, trail);
}

void get_event_selectors(api::Call& call) { show_event_selectors(call, open_trail(call, call.in.value("TrailName", ""), Use::kRead)); }

/// The trail that insights are about. Event data stores, the other source of them, are not there yet.
std::string insight_trail(const api::Call& call) {
  const bool store = call.in.contains("EventDataStore") || call.in.contains("InsightsDestination");
  if (call.in.contains("TrailName") && store)
    throw Error(kInvalidParameterCombination, "You cannot use TrailName with EventDataStore or InsightsDestination.");
  if (store) throw Error(aws::kNotImplemented, "Event data stores are not implemented yet.");
  if (!call.in.contains("TrailName")) throw Error(kInvalidParameter, "Specify either TrailName or EventDataStore.");
  return call.in.value("TrailName", "");
}

/// Differs from AWS: selectors are kept and shown, but no Insights events are made yet; event data stores are refused.
void put_insight_selectors(api::Call& call) {
  Trail trail = open_trail(call, insight_trail(call), Use::kChange);
  trail.insight_selectors = checked_insight_selectors(call.in.value("InsightSelectors", Json::array()));
  if (!trail.insight_selectors.empty()) check_bucket(call, trail);
  save(call, trail);
  call.out["TrailARN"] = trail.arn();
  call.out["InsightSelectors"] = trail.insight_selectors;
}

/// Differs from AWS: event data stores are refused.
void get_insight_selectors(api::Call& call) {
  const Trail trail = open_trail(call, insight_trail(call), Use::kRead);
  if (trail.insight_selectors.empty())
    throw Error(kInsightNotEnabled,
                "Trail {} does not have Insights enabled. Edit the trail settings to enable Insights, and then try the operation again.",
                trail.arn());
  call.out["TrailARN"] = trail.arn();
  call.out["InsightSelectors"] = trail.insight_selectors;
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetEventSelectors", get_event_selectors},
    {"GetInsightSelectors", get_insight_selectors},
    {"PutEventSelectors", put_event_selectors},
    {"PutInsightSelectors", put_insight_selectors},
});

}  // namespace
}  // namespace cairn::cloudtrail

namespace cairn::services {
extern const api::Family cloudtrail_selectors;
const api::Family cloudtrail_selectors{.service = "cloudtrail", .operations = cloudtrail::kOperations};
}  // namespace cairn::services

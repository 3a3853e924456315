#include <array>

#include "api/authorize.h"
#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "identity/policies.h"
#include "rules/event_text.h"
#include "rules/posted.h"
#include "services/events/door.h"
#include "services/events/errors.h"

/// PutEvents: the events travel as a note in the journal's entry, and the rules take them from there.
namespace cairn::events_service {
namespace {

using rules::BusName;

constexpr size_t kRequestBytesMax = 256 << 10, kTimeBytes = 14;

size_t size_of(const Json& entry) {
  size_t bytes = entry.contains("Time") ? kTimeBytes : 0;
  for (const char* member : {"Source", "DetailType", "Detail"}) bytes += entry.value(member, "").size();
  for (const Json& resource : entry.value("Resources", Json::array())) bytes += resource.get_ref<const std::string&>().size();
  return bytes;
}

/// What is wrong with one entry, as its own result says it; code and message.
std::optional<std::pair<std::string, std::string>> problem_of(const api::Call& call, const Json& entry, const BusName& bus) {
  for (const char* member : {"Source", "DetailType", "Detail"})
    if (entry.value(member, "").empty())
      return std::pair("InvalidArgument", fmt::format("Parameter {0} is not valid. Reason: {0} is a required argument.", member));
  if (entry.at("Source").get_ref<const std::string&>().starts_with("aws."))
    return std::pair("NotAuthorizedForSourceException", "Not authorized for the source.");
  if (!rules::is_json_object(entry.at("Detail").get_ref<const std::string&>())) return std::pair("MalformedDetail", "Detail is malformed.");
  if (bus.region != call.region)
    return std::pair("InvalidArgument", "Parameter EventBusName is not valid. Reason: The event bus is in another Region.");
  return std::nullopt;
}

/// Throws AccessDenied.
void require_may_put(api::Call& call, const std::optional<rules::Bus>& bus, const BusName& name, const Json& entry) {
  std::shared_ptr<const aws::policy::Policy> policy;
  if (bus && !bus->policy.empty()) policy = identity::compiled_policy(bus->policy, aws::policy::Kind::kResource);
  api::Demand demand{.action = "events:PutEvents", .resource = name.arn()};
  demand.owner = name.account;
  demand.resource_policy = policy.get();
  for (const auto& [key, member] : {std::pair("events:source", "Source"), std::pair("events:detail-type", "DetailType")})
    if (entry.contains(member)) demand.context.add(key, entry.at(member).get<std::string>());
  demand.context.add("events:eventBusInvocation", false);
  api::require(call, demand);
}

/// Differs from AWS: global endpoints are not implemented, nor is a trace header passed on.
void put_events(api::Call& call) {
  refuse(call, {"EndpointId"});
  const Json& entries = call.in.at("Entries");
  size_t bytes = 0;
  for (const Json& entry : entries) bytes += size_of(entry);
  std::string note;
  Json results = Json::array();
  int failed = 0;
  call.resources.clear();
  for (const Json& entry : entries) {
    const BusName name = named_bus(call, entry.value("EventBusName", std::string(rules::kDefaultBus)));
    const std::optional<rules::Bus> bus = rules::find_bus(*call.state, name);
    require_may_put(call, bus, name, entry);
    call.owner = name.account;
    const event::Resource resource{.type = "AWS::Events::EventBus", .arn = name.arn()};
    if (call.resources.empty() || call.resources.back().arn != resource.arn) call.resources.push_back(resource);
    if (const auto problem = problem_of(call, entry, name)) {
      results.push_back({{"ErrorCode", problem->first}, {"ErrorMessage", problem->second}});
      ++failed;
      continue;
    }
    const std::string id = call.ports->random->uuid();
    results.push_back({{"EventId", id}});
    if (!bus) continue;  // as on AWS: the event has an id, and nobody gets it
    std::vector<std::string> resources;
    for (const Json& each : entry.value("Resources", Json::array())) resources.push_back(each.get<std::string>());
    const std::string source = entry.at("Source").get<std::string>(), type = entry.at("DetailType").get<std::string>();
    const std::optional<Time> time =
        entry.contains("Time") ? timestamps::parse_iso8601(entry.at("Time").get<std::string>()) : std::optional(call.now);
    rules::append(note, {.bus = name,
                         .event = rules::event_text({.id = id,
                                                     .detail_type = type,
                                                     .source = source,
                                                     .account = call.principal.account.empty() ? call.account : call.principal.account,
                                                     .time = time.value_or(call.now),
                                                     .region = name.region,
                                                     .resources = resources,
                                                     .detail = entry.at("Detail").get_ref<const std::string&>()})});
  }
  if (bytes > kRequestBytesMax) throw Error(aws::kValidation, "Total size of the entries in the request is over the limit.");
  if (!note.empty()) call.state->note(rules::kNote, std::move(note));
  call.out = {{"FailedEntryCount", failed}, {"Entries", std::move(results)}};
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"PutEvents", put_events},
});

}  // namespace
}  // namespace cairn::events_service

namespace cairn::services {
extern const api::Family events_put_events;
const api::Family events_put_events{.service = "events", .operations = events_service::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

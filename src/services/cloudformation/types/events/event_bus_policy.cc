#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"Action"},
    {"Condition"},
    {"EventBusName", On::kReplace},
    {"Principal"},
    {"Statement"},
    {"StatementId", On::kReplace, kRequired},
});
constexpr std::array<std::string_view, 2> kIdentifiers = {"EventBusName", "StatementId"};

/// Of the policy that the bus has.
Json statements_in(const Json& bus) {
  const Result<Json> policy = json::parse(bus.value("Policy", ""));
  return policy && policy->is_object() ? policy->value("Statement", Json::array()) : Json::array();
}

Json statements_of(Doing& doing) {
  return statements_in(doing.call("events", "DescribeEventBus", {{"Name", doing.text("EventBusName", "default")}}));
}

/// One statement of the bus's policy: by its parts, or whole, which the call takes only as part of the whole policy.
void put(Doing& doing) {
  Json in = doing.members({{"EventBusName"}});
  if (!doing.has("Statement")) {
    in.update(doing.members({{"Action"}, {"Condition"}, {"Principal"}, {"StatementId"}}));
    doing.call("events", "PutPermission", std::move(in));
    return;
  }
  Json policy{{"Version", "2012-10-17"}, {"Statement", Json::array()}};
  for (const Json& each : statements_of(doing))
    if (each.value("Sid", "") != doing.text("StatementId")) policy["Statement"].push_back(each);
  Json own = doing.get("Statement");
  own["Sid"] = doing.text("StatementId");
  policy["Statement"].push_back(std::move(own));
  in["Policy"] = json::dump(policy);
  doing.call("events", "PutPermission", std::move(in));
}

void create(Doing& doing) {
  for (const Json& each : statements_of(doing))  // PutPermission would overwrite it
    if (each.value("Sid", "") == doing.text("StatementId")) throw Failed{fmt::format("{} already exists", doing.text("StatementId"))};
  put(doing);
  doing.physical = fmt::format("{}|{}", doing.text("EventBusName", "default"), doing.text("StatementId"));
}

void remove(Doing& doing) {
  Json in = doing.members({{"EventBusName"}, {"StatementId"}});
  doing.call_unless({"ResourceNotFoundException"}, "events", "RemovePermission", std::move(in));
}

bool find(Doing& doing) {
  const auto bus = doing.call_unless({"ResourceNotFoundException"}, "events", "DescribeEventBus", {{"Name", doing.id("EventBusName")}});
  if (!bus) return false;
  for (const Json& each : statements_in(*bus))
    if (each.value("Sid", "") == doing.id("StatementId")) {
      doing.physical = fmt::format("{}|{}", doing.id("EventBusName"), doing.id("StatementId"));
      return true;
    }
  return false;
}

}  // namespace

extern const ResourceType events_event_bus_policy;
const ResourceType events_event_bus_policy{.name = "AWS::Events::EventBusPolicy",
                                           .properties = kProperties,
                                           .create = create,
                                           .update = put,
                                           .remove = remove,
                                           .find = find,
                                           .identifiers = kIdentifiers};

}  // namespace cairn::cloudformation

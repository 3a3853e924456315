#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"DeadLetterConfig"},
    {"Description"},
    {"EventSourceName", On::kRefuse},
    {"KmsKeyIdentifier", On::kRefuse},
    {"LogConfig", On::kRefuse},
    {"Name", On::kReplace, kRequired},
    {"Policy"},
    {"Tags"},
});
constexpr std::array<std::string_view, 3> kAttributes = {"Arn", "Name", "Policy"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"Name"};

void set_policy(Doing& doing) {
  doing.call("events", "PutPermission", {{"EventBusName", doing.physical}, {"Policy", document_text(doing.get("Policy"))}});
}

void create(Doing& doing) {
  Json in = doing.members({{"Name"}, {"Description"}, {"DeadLetterConfig"}});
  if (!doing.tags().empty()) in["Tags"] = doing.tags();
  const Json out = doing.call("events", "CreateEventBus", std::move(in));
  doing.physical = doing.text("Name");
  doing.attributes["Arn"] = out.at("EventBusArn");
  doing.attributes["Name"] = doing.physical;
  if (doing.has("Policy")) set_policy(doing);
}

void tag(Doing& doing) { retag(doing, {.service = "events", .id_member = "ResourceARN"}, doing.attributes.value("Arn", "")); }

void update(Doing& doing) {
  if (doing.changed("Description") || doing.changed("DeadLetterConfig")) {
    Json in = doing.members({{"Name"}, {"Description"}, {"DeadLetterConfig"}});
    if (doing.changed("Description") && !doing.has("Description")) in["Description"] = "";
    if (doing.changed("DeadLetterConfig") && !doing.has("DeadLetterConfig")) in["DeadLetterConfig"] = Json::object();
    doing.call("events", "UpdateEventBus", std::move(in));
  }
  if (doing.changed("Policy")) {
    if (doing.has("Policy")) set_policy(doing);
    else doing.call("events", "RemovePermission", {{"EventBusName", doing.physical}, {"RemoveAllPermissions", true}});
  }
  tag(doing);
}

void remove(Doing& doing) { doing.call_unless({"ResourceNotFoundException"}, "events", "DeleteEventBus", {{"Name", doing.physical}}); }

bool find(Doing& doing) {
  const auto found = doing.call_unless({"ResourceNotFoundException"}, "events", "DescribeEventBus", {{"Name", doing.id("Name")}});
  if (!found) return false;
  doing.physical = found->at("Name").get<std::string>();
  doing.attributes["Name"] = doing.physical;
  doing.attributes["Arn"] = found->at("Arn");
  return true;
}

}  // namespace

extern const ResourceType events_event_bus;
const ResourceType events_event_bus{.name = "AWS::Events::EventBus",
                                    .properties = kProperties,
                                    .create = create,
                                    .update = update,
                                    .remove = remove,
                                    .find = find,
                                    .identifiers = kIdentifiers,
                                    .tag = tag,
                                    .name_property = "Name",
                                    .attributes = kAttributes};

}  // namespace cairn::cloudformation

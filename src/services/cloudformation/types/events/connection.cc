#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"AuthParameters"},
    {"AuthorizationType"},
    {"Description"},
    {"InvocationConnectivityParameters", On::kRefuse},
    {"KmsKeyIdentifier", On::kRefuse},
    {"Name", On::kReplace},
});
constexpr std::array<std::string_view, 3> kAttributes = {"Arn", "ArnForPolicy", "SecretArn"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"Name"};

void create(Doing& doing) {
  Json in = doing.members({{"AuthParameters"}, {"AuthorizationType"}, {"Description"}});
  const std::string name = doing.name("Name");
  in["Name"] = name;
  const std::string arn = doing.call("events", "CreateConnection", std::move(in)).at("ConnectionArn").get<std::string>();
  doing.physical = name;
  doing.attributes["Arn"] = arn;
  doing.attributes["ArnForPolicy"] = arn.substr(0, arn.rfind('/'));
  doing.attributes["SecretArn"] = doing.call("events", "DescribeConnection", {{"Name", name}}).value("SecretArn", "");
}

void update(Doing& doing) {
  Json in = doing.members({{"AuthParameters"}, {"AuthorizationType"}, {"Description"}});
  in["Name"] = doing.physical;
  if (doing.changed("Description") && !doing.has("Description")) in["Description"] = "";
  doing.call("events", "UpdateConnection", std::move(in));
}

void remove(Doing& doing) { doing.call_unless({"ResourceNotFoundException"}, "events", "DeleteConnection", {{"Name", doing.physical}}); }

bool find(Doing& doing) {
  const auto found = doing.call_unless({"ResourceNotFoundException"}, "events", "DescribeConnection", {{"Name", doing.id("Name")}});
  if (!found) return false;
  const std::string arn = found->at("ConnectionArn").get<std::string>();
  doing.physical = found->at("Name").get<std::string>();
  doing.attributes["Arn"] = arn;
  doing.attributes["ArnForPolicy"] = arn.substr(0, arn.rfind('/'));
  doing.attributes["SecretArn"] = found->value("SecretArn", "");
  return true;
}

}  // namespace

extern const ResourceType events_connection;
const ResourceType events_connection{.name = "AWS::Events::Connection",
                                     .properties = kProperties,
                                     .create = create,
                                     .update = update,
                                     .remove = remove,
                                     .find = find,
                                     .identifiers = kIdentifiers,
                                     .name_property = "Name",
                                     .attributes = kAttributes};

}  // namespace cairn::cloudformation

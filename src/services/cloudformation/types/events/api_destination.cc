#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"ConnectionArn", On::kUpdate, kRequired},
    {"Description"},
    {"HttpMethod", On::kUpdate, kRequired},
    {"InvocationEndpoint", On::kUpdate, kRequired},
    {"InvocationRateLimitPerSecond"},
    {"Name", On::kReplace},
});
constexpr std::array<std::string_view, 2> kAttributes = {"Arn", "ArnForPolicy"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"Name"};

Json settings(const Doing& doing) {
  return doing.members({{"ConnectionArn"}, {"Description"}, {"HttpMethod"}, {"InvocationEndpoint"}, {"InvocationRateLimitPerSecond"}});
}

void create(Doing& doing) {
  Json in = settings(doing);
  const std::string name = doing.name("Name");
  in["Name"] = name;
  const std::string arn = doing.call("events", "CreateApiDestination", std::move(in)).at("ApiDestinationArn").get<std::string>();
  doing.physical = name;
  doing.attributes["Arn"] = arn;
  doing.attributes["ArnForPolicy"] = arn.substr(0, arn.rfind('/'));
}

void update(Doing& doing) {
  Json in = settings(doing);
  in["Name"] = doing.physical;
  if (doing.changed("Description") && !doing.has("Description")) in["Description"] = "";
  doing.call("events", "UpdateApiDestination", std::move(in));
}

void remove(Doing& doing) {
  doing.call_unless({"ResourceNotFoundException"}, "events", "DeleteApiDestination", {{"Name", doing.physical}});
}

bool find(Doing& doing) {
  const auto found = doing.call_unless({"ResourceNotFoundException"}, "events", "DescribeApiDestination", {{"Name", doing.id("Name")}});
  if (!found) return false;
  const std::string arn = found->at("ApiDestinationArn").get<std::string>();
  doing.physical = found->at("Name").get<std::string>();
  doing.attributes["Arn"] = arn;
  doing.attributes["ArnForPolicy"] = arn.substr(0, arn.rfind('/'));
  return true;
}

}  // namespace

extern const ResourceType events_api_destination;
const ResourceType events_api_destination{.name = "AWS::Events::ApiDestination",
                                          .properties = kProperties,
                                          .create = create,
                                          .update = update,
                                          .remove = remove,
                                          .find = find,
                                          .identifiers = kIdentifiers,
                                          .name_property = "Name",
                                          .attributes = kAttributes};

}  // namespace cairn::cloudformation

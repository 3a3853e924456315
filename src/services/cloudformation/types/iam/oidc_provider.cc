#include <algorithm>
#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"ClientIdList"},
    {"Tags"},
    {"ThumbprintList"},
    {"Url", On::kReplace},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Arn"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"Arn"};

Json ids_of(const Json& properties) {
  const auto it = properties.find("ClientIdList");
  return it == properties.end() ? Json::array() : *it;
}

void create(Doing& doing) {
  Json in = doing.members({{"ClientIdList", "ClientIDList"}, {"ThumbprintList"}, {"Url"}});
  if (!doing.tags().empty()) in["Tags"] = doing.tags();
  doing.physical = doing.call("iam", "CreateOpenIDConnectProvider", std::move(in)).at("OpenIDConnectProviderArn").get<std::string>();
  doing.attributes["Arn"] = doing.physical;
}

void tag(Doing& doing) {
  retag(
      doing,
      {.service = "iam", .id_member = "OpenIDConnectProviderArn", .tag = "TagOpenIDConnectProvider", .untag = "UntagOpenIDConnectProvider"},
      doing.physical);
}

void update(Doing& doing) {
  if (doing.changed("ThumbprintList") && doing.has("ThumbprintList"))
    doing.call("iam", "UpdateOpenIDConnectProviderThumbprint",
               {{"OpenIDConnectProviderArn", doing.physical}, {"ThumbprintList", doing.get("ThumbprintList")}});
  const Json now = ids_of(doing.wanted), was = ids_of(doing.before);
  for (const Json& id : now)
    if (std::ranges::find(was, id) == was.end())
      doing.call("iam", "AddClientIDToOpenIDConnectProvider", {{"OpenIDConnectProviderArn", doing.physical}, {"ClientID", id}});
  for (const Json& id : was)
    if (std::ranges::find(now, id) == now.end())
      doing.call("iam", "RemoveClientIDFromOpenIDConnectProvider", {{"OpenIDConnectProviderArn", doing.physical}, {"ClientID", id}});
  tag(doing);
}

void remove(Doing& doing) {
  doing.call_unless({"NoSuchEntity"}, "iam", "DeleteOpenIDConnectProvider", {{"OpenIDConnectProviderArn", doing.physical}});
}

bool find(Doing& doing) {
  if (!is_own_arn(doing, doing.id("Arn"))) return false;
  if (!doing.call_unless({"NoSuchEntity"}, "iam", "GetOpenIDConnectProvider", {{"OpenIDConnectProviderArn", doing.id("Arn")}}))
    return false;
  doing.physical = doing.id("Arn");
  doing.attributes["Arn"] = doing.physical;
  return true;
}

}  // namespace

extern const ResourceType iam_oidc_provider;
const ResourceType iam_oidc_provider{.name = "AWS::IAM::OIDCProvider",
                                     .properties = kProperties,
                                     .create = create,
                                     .update = update,
                                     .remove = remove,
                                     .find = find,
                                     .identifiers = kIdentifiers,
                                     .tag = tag,
                                     .attributes = kAttributes};

}  // namespace cairn::cloudformation

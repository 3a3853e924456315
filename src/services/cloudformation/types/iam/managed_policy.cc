#include <algorithm>
#include <array>

#include "services/cloudformation/resource_type.h"
#include "services/cloudformation/types/iam/identity.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"Description", On::kReplace},
    {"Groups"},
    {"ManagedPolicyName", On::kReplace},
    {"Path", On::kReplace},
    {"PolicyDocument", On::kUpdate, kRequired},
    {"Roles"},
    {"Tags"},
    {"Users"},
});
constexpr std::array<std::string_view, 8> kAttributes = {
    "AttachmentCount", "CreateDate", "DefaultVersionId", "IsAttachable", "PermissionsBoundaryUsageCount",
    "PolicyArn",       "PolicyId",   "UpdateDate"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"PolicyArn"};

struct Holders {
  const char* property;
  IdentityKind kind;
};
constexpr Holders kHolders[] = {{"Groups", kGroup}, {"Roles", kRole}, {"Users", kUser}};

Json names(const Json& properties, const char* property) {
  const auto it = properties.find(property);
  return it == properties.end() ? Json::array() : *it;
}

void attach(Doing& doing) {
  for (const Holders& holders : kHolders) {
    const Json now = names(doing.wanted, holders.property), was = names(doing.before, holders.property);
    for (const Json& name : now)
      if (std::ranges::find(was, name) == was.end())
        identity_call(doing, holders.kind, "Attach", "Policy", to_text(name), {{"PolicyArn", doing.physical}});
    for (const Json& name : was)
      if (std::ranges::find(now, name) == now.end())
        identity_call_if_there(doing, holders.kind, "Detach", "Policy", to_text(name), {{"PolicyArn", doing.physical}});
  }
}

void take(Doing& doing, const Json& policy) {
  doing.physical = policy.at("Arn").get<std::string>();
  doing.attributes["PolicyArn"] = doing.physical;
  for (const auto& [name, value] : policy.items())
    if (std::ranges::find(kAttributes, name) != kAttributes.end()) doing.attributes[name] = value;
}

void create(Doing& doing) {
  Json in = doing.members({{"Description"}, {"Path"}, {"PolicyDocument"}});
  in["PolicyName"] = doing.name("ManagedPolicyName", {.characters_max = 128});
  if (!doing.tags().empty()) in["Tags"] = doing.tags();
  take(doing, doing.call("iam", "CreatePolicy", std::move(in)).at("Policy"));
  attach(doing);
}

/// All versions but the default one go.
void drop_versions(Doing& doing) {
  const auto versions = doing.call_unless({"NoSuchEntity"}, "iam", "ListPolicyVersions", {{"PolicyArn", doing.physical}});
  if (!versions) return;
  for (const Json& version : versions->at("Versions"))
    if (!version.value("IsDefaultVersion", false))
      doing.call_unless({"NoSuchEntity"}, "iam", "DeletePolicyVersion",
                        {{"PolicyArn", doing.physical}, {"VersionId", version.at("VersionId")}});
}

void tag(Doing& doing) {
  retag(doing, {.service = "iam", .id_member = "PolicyArn", .tag = "TagPolicy", .untag = "UntagPolicy"}, doing.physical);
}

void update(Doing& doing) {
  if (doing.changed("PolicyDocument")) {
    drop_versions(doing);
    const Json version =
        doing.call("iam", "CreatePolicyVersion",
                   {{"PolicyArn", doing.physical}, {"PolicyDocument", doing.get("PolicyDocument")}, {"SetAsDefault", true}});
    doing.attributes["DefaultVersionId"] = version.at("PolicyVersion").at("VersionId");
  }
  attach(doing);
  tag(doing);
}

void remove(Doing& doing) {
  for (const Holders& holders : kHolders)
    for (const Json& name : names(doing.wanted, holders.property))
      identity_call_if_there(doing, holders.kind, "Detach", "Policy", to_text(name), {{"PolicyArn", doing.physical}});
  drop_versions(doing);
  doing.call_unless({"NoSuchEntity"}, "iam", "DeletePolicy", {{"PolicyArn", doing.physical}});
}

void read(Doing& doing) {
  const Json arn{{"PolicyArn", doing.physical}};
  const auto found = doing.call_unless({"NoSuchEntity"}, "iam", "GetPolicy", arn);
  doing.is_gone = !found;
  if (!found) return;
  const Json& policy = found->at("Policy");
  read_members(doing, policy, {{"Description"}, {"ManagedPolicyName", "PolicyName"}, {"Path"}});
  read_tags(doing, policy.value("Tags", Json::array()));
  const Json version = doing.call("iam", "GetPolicyVersion", {{"PolicyArn", doing.physical}, {"VersionId", policy.at("DefaultVersionId")}});
  doing.live["PolicyDocument"] = document_of(version.at("PolicyVersion").at("Document"));
  if (std::ranges::none_of(kHolders, [&](const Holders& each) { return doing.has(each.property); })) return;
  const Json entities = doing.call("iam", "ListEntitiesForPolicy", arn);
  for (const Holders& holders : kHolders) {
    if (!doing.has(holders.property)) continue;
    Json& live = doing.live[holders.property] = Json::array();
    for (const Json& each : entities.value(fmt::format("Policy{}", holders.property), Json::array()))
      live.push_back(each.at(fmt::format("{}Name", holders.kind.word)));
  }
}

bool find(Doing& doing) {
  const std::string arn = doing.id("PolicyArn");
  if (!is_own_arn(doing, arn)) return false;  // also AWS's
  const auto found = doing.call_unless({"NoSuchEntity"}, "iam", "GetPolicy", {{"PolicyArn", arn}});
  if (!found) return false;
  take(doing, found->at("Policy"));
  return true;
}

}  // namespace

extern const ResourceType iam_managed_policy;
const ResourceType iam_managed_policy{.name = "AWS::IAM::ManagedPolicy",
                                      .properties = kProperties,
                                      .create = create,
                                      .update = update,
                                      .remove = remove,
                                      .read = read,
                                      .find = find,
                                      .identifiers = kIdentifiers,
                                      .tag = tag,
                                      .name_property = "ManagedPolicyName",
                                      .attributes = kAttributes};

}  // namespace cairn::cloudformation

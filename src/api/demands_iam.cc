#include "api/demands_iam.h"

#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "identity/policies.h"

namespace cairn::api {
namespace {

using identity::Entity;

/// Operations about what is not named by a parameter of its own, or not yet there. The ARN stands after "arn:aws:iam::ACCOUNT:".
struct Row {
  std::string_view operation, resource;
};
constexpr auto kRows = std::to_array<Row>({
    {"CreateGroup", "group{Path}{GroupName}"},
    {"CreateInstanceProfile", "instance-profile{Path}{InstanceProfileName}"},
    {"CreateOpenIDConnectProvider", "oidc-provider/*"},
    {"CreatePolicy", "policy{Path}{PolicyName}"},
    {"CreateRole", "role{Path}{RoleName}"},
    {"CreateServiceLinkedRole", "role/aws-service-role/{AWSServiceName}/*"},
    {"CreateUser", "user{Path}{UserName}"},
    {"CreateVirtualMFADevice", "mfa{Path}{VirtualMFADeviceName}"},
    {"ListGroups", "group/"},
    {"ListInstanceProfiles", "instance-profile/"},
    {"ListOpenIDConnectProviders", "oidc-provider/*"},
    {"ListPolicies", "policy/"},
    {"ListRoles", "role/"},
    {"ListSAMLProviders", "saml-provider/*"},
    {"ListServerCertificates", "server-certificate/"},
    {"ListUsers", "user/"},
    {"ListVirtualMFADevices", "mfa/*"},
});
static_assert(std::ranges::is_sorted(kRows, {}, &Row::operation));

std::string text_of(const Json& in, std::string_view member) {
  const auto it = in.find(member);
  return it != in.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::string fill(std::string_view pattern, const Json& in) {
  std::string filled;
  for (size_t at = 0; at < pattern.size();) {
    if (pattern[at] != '{') {
      filled += pattern[at++];
      continue;
    }
    const size_t end = pattern.find('}', at);
    const std::string_view name = pattern.substr(at + 1, end - at - 1);
    const std::string value = text_of(in, name);
    filled += name == "Path" && value.empty() ? "/" : value;
    at = end + 1;
  }
  return filled;
}

void describe_tags(const identity::Tags& tags, Demand& demand) {
  for (const auto& [key, value] : tags) {
    demand.context.add("aws:ResourceTag/" + key, value);
    demand.context.add("iam:ResourceTag/" + key, value);
  }
}

void about_entity(const Call& call, Entity::Kind kind, std::string_view type, const std::string& name, Demand& demand) {
  demand.resource = fmt::format("arn:aws:iam::{}:{}/{}", call.account.str(), type, name);
  demand.shown = fmt::format("{} {}", type, name);
  if (call.ports->directory == nullptr) return;
  const std::optional<Entity> entity = call.ports->directory->find(kind, call.account, name);
  if (!entity) return;
  demand.resource = entity->arn();
  describe_tags(entity->tags, demand);
  // One that is asked for takes the place of the one that is there: a condition must not find what it wants in either.
  if (!entity->boundary.empty() && text_of(call.in, "PermissionsBoundary").empty())
    demand.context.add("iam:PermissionsBoundary", entity->boundary);
}

void about_instance_profile(const Call& call, const std::string& name, Demand& demand) {
  demand.resource = fmt::format("arn:aws:iam::{}:instance-profile/{}", call.account.str(), name);
  demand.shown = "instance profile " + name;
  if (call.ports->directory == nullptr) return;
  const std::optional<identity::InstanceProfile> profile = call.ports->directory->find_instance_profile(call.account, name);
  if (!profile) return;
  demand.resource = profile->arn();
  describe_tags(profile->tags, demand);
}

/// Calls that name no user mean their caller, or the owner of the access key that they name.
std::string user_of(const Call& call) {
  const std::string& operation = call.model->name;
  if (operation == "GetAccessKeyLastUsed" && call.ports->directory != nullptr)
    return call.ports->directory->user_of_key(call.account, aws::AccessKeyId(text_of(call.in, "AccessKeyId")));
  const std::string name = text_of(call.in, "UserName");
  return name.empty() ? call.principal.user_name : name;
}

}  // namespace

Demand iam_demand(const Call& call) {
  const std::string& operation = call.model->name;
  const Json& in = call.in;
  const auto arn = [&](std::string_view resource) { return fmt::format("arn:aws:iam::{}:{}", call.account.str(), resource); };
  const auto has = [&](std::string_view member) { return call.model->input != nullptr && call.model->input->member(member) != nullptr; };
  Demand demand{.action = "iam:" + operation};
  for (const char* member : {"PolicyArn", "PermissionsBoundary", "AWSServiceName"}) {
    constexpr std::pair<std::string_view, std::string_view> kKeys[] = {
        {"PolicyArn", "iam:PolicyARN"}, {"PermissionsBoundary", "iam:PermissionsBoundary"}, {"AWSServiceName", "iam:AWSServiceName"}};
    if (const std::string value = text_of(in, member); !value.empty())
      for (const auto& [name, key] : kKeys)
        if (name == member) demand.context.add(key, value);
  }

  const auto row = std::ranges::lower_bound(kRows, std::string_view(operation), {}, &Row::operation);
  if (row != kRows.end() && row->operation == operation) {
    demand.resource = demand.shown = arn(fill(row->resource, in));
    if (operation == "CreatePolicy") demand.shown = "policy " + text_of(in, "PolicyName");
    if (operation == "ListPolicies") demand.shown = "policy path /";
  } else if (has("PolicySourceArn")) {
    demand.resource = demand.shown = text_of(in, "PolicySourceArn");
  } else if (has("InstanceProfileName")) {
    about_instance_profile(call, text_of(in, "InstanceProfileName"), demand);
  } else if (has("GroupName")) {
    about_entity(call, Entity::Kind::kGroup, "group", text_of(in, "GroupName"), demand);
  } else if (has("UserName") || operation == "GetAccessKeyLastUsed" || operation == "ChangePassword") {
    about_entity(call, Entity::Kind::kUser, "user", user_of(call), demand);
  } else if (has("RoleName")) {
    about_entity(call, Entity::Kind::kRole, "role", text_of(in, "RoleName"), demand);
  } else if (has("PolicyArn")) {
    demand.resource = text_of(in, "PolicyArn");
    demand.shown = "policy " + demand.resource;
    if (const std::string version = text_of(in, "VersionId"); !version.empty()) demand.shown += " version " + version;
  } else if (has("SerialNumber")) {
    demand.resource = demand.shown = text_of(in, "SerialNumber");
  } else if (has("OpenIDConnectProviderArn")) {
    demand.resource = demand.shown = text_of(in, "OpenIDConnectProviderArn");
  }
  if (demand.resource.empty()) demand.resource = "*";
  return demand;
}

}  // namespace cairn::api

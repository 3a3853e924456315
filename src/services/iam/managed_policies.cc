#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "identity/aws_managed.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"
#include "services/iam/managed_policy.h"
#include "services/iam/policy_document.h"

/// Managed policies and their versions.
namespace cairn::iam {
namespace {

using identity::ManagedPolicy;
using identity::Usage;

constexpr size_t kPoliciesMax = 1500;  // of an account
constexpr size_t kVersionsMax = 5;     // of a policy

void check_document(const std::string& text) {
  if (counted_size(text) > kManagedPolicyCharactersMax) throw over_quota("PolicySize", kManagedPolicyCharactersMax);
  check_identity_policy(text);
}

Error no_such_policy(std::string_view arn) { return Error(kNoSuchEntity, "Policy {} was not found.", arn); }

/// A customer's, to be changed. AWS's own refuse.
ManagedPolicy own_policy(api::Call& call) {
  const std::string arn = checked_policy_arn(call, text_of(call.in, "PolicyArn"));
  if (arn.starts_with("arn:aws:iam::aws:")) throw Error(aws::kAccessDenied, "The policy {} is managed by AWS and cannot be changed.", arn);
  std::optional<ManagedPolicy> policy = identity::find_policy(*call.state, arn);
  if (!policy) throw no_such_policy(arn);
  return std::move(*policy);
}

Json show_version(const ManagedPolicy& policy, const ManagedPolicy::Version& version) {
  return {{"VersionId", fmt::format("v{}", version.number)},
          {"IsDefaultVersion", version.number == policy.default_version},
          {"CreateDate", timestamps::iso8601(version.created)}};
}

void create_policy(api::Call& call) {
  const std::string name = text_of(call.in, "PolicyName"), text = text_of(call.in, "PolicyDocument");
  check_document(text);
  if (call.state->exists(identity::policy_key(call.account, name)))
    throw Error(kAlreadyExists, "A policy called {} already exists. Duplicate names are not allowed.", name);
  if (count_below(call, identity::policy_prefix(call.account), kPoliciesMax) == kPoliciesMax)
    throw over_quota("CustomerManagedPoliciesPerAccount", kPoliciesMax);
  ManagedPolicy policy{.account = call.account,
                       .name = name,
                       .id = identity::new_id(*call.ports->random, "ANPA"),
                       .path = path_given(call.in),
                       .description = text_of(call.in, "Description"),
                       .created = call.now,
                       .updated = call.now};
  add_tags(policy.tags, tags_given(call.in));
  policy.versions.push_back({.number = 1, .created = call.now, .text = text});
  identity::save(*call.state, policy);
  call.out["Policy"] = show_policy(call, policy, Shown::kDetails);
}

void get_policy(api::Call& call) {
  const std::string arn = checked_policy_arn(call, text_of(call.in, "PolicyArn"));
  if (const identity::AwsManagedPolicy* policy = identity::find_aws_managed(arn)) {
    call.out["Policy"] = show_policy(call, *policy, Shown::kDetails);
    return;
  }
  const std::optional<ManagedPolicy> policy = identity::find_policy(*call.state, arn);
  if (!policy) throw no_such_policy(arn);
  call.out["Policy"] = show_policy(call, *policy, Shown::kDetails);
}

void list_policies(api::Call& call) {
  const std::string scope = text_of(call.in, "Scope", "All"), path = text_of(call.in, "PathPrefix", "/"),
                    usage = text_of(call.in, "PolicyUsageFilter");
  const bool only_attached = call.in.value("OnlyAttached", false);
  Json shown = Json::array();
  const auto add = [&](const auto& policy) {
    if (!std::string_view(policy.path).starts_with(path)) return;
    Json one = show_policy(call, policy, Shown::kBrief);
    if (only_attached && one["AttachmentCount"] == 0) return;
    if (usage == "PermissionsPolicy" && one["AttachmentCount"] == 0) return;
    if (usage == "PermissionsBoundary" && one["PermissionsBoundaryUsageCount"] == 0) return;
    shown.push_back(std::move(one));
  };
  if (scope != "AWS") {
    const std::string prefix = identity::policy_prefix(call.account);
    for (const state::Item& item : call.state->list(prefix, prefix, kPoliciesMax).items)
      add(identity::decode_policy(call.account, item.value));
  }
  if (scope != "Local")
    for (const identity::AwsManagedPolicy& policy : identity::aws_managed_policies()) add(policy);
  list_page(call, shown, "Policies");
}

void delete_policy(api::Call& call) {
  const ManagedPolicy policy = own_policy(call);
  for (const Usage usage : {Usage::kAttached, Usage::kBoundary})
    if (count_below(call, identity::usage_prefix(call.account, policy.arn(), usage), 1) > 0)
      throw Error(kDeleteConflict, "Cannot delete a policy attached to entities.");
  if (policy.versions.size() > 1)
    throw Error(kDeleteConflict,
                "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default "
                "version is deleted with the policy.");
  call.state->erase(identity::policy_key(call.account, policy.name));
}

void create_policy_version(api::Call& call) {
  ManagedPolicy policy = own_policy(call);
  const std::string text = text_of(call.in, "PolicyDocument");
  check_document(text);
  if (policy.versions.size() >= kVersionsMax)
    throw Error(kLimitExceeded,
                "A managed policy can have up to {} versions. Before you create a new version, you must delete an existing version.",
                kVersionsMax);
  policy.versions.push_back({.number = policy.next_version++, .created = call.now, .text = text});
  if (call.in.value("SetAsDefault", false)) policy.default_version = policy.versions.back().number;
  policy.updated = call.now;
  identity::save(*call.state, policy);
  call.out["PolicyVersion"] = show_version(policy, policy.versions.back());
}

/// The version that the call names.
const ManagedPolicy::Version& named_version(const api::Call& call, const ManagedPolicy& policy) {
  const std::string id = text_of(call.in, "VersionId");
  const std::optional<int64_t> number = text::to_int(std::string_view(id).substr(1));
  const ManagedPolicy::Version* version = number ? policy.version(static_cast<int>(*number)) : nullptr;
  if (version == nullptr) throw Error(kNoSuchEntity, "Policy {} version {} does not exist or is not attachable.", policy.arn(), id);
  return *version;
}

/// AWS's own have one version here, v1.
ManagedPolicy as_customers(const identity::AwsManagedPolicy& policy) {
  ManagedPolicy copy{.account = aws::AccountId("aws"),
                     .name = std::string(policy.name),
                     .id = std::string(policy.id),
                     .path = std::string(policy.path),
                     .created = kAwsPoliciesSince,
                     .updated = kAwsPoliciesSince};
  copy.versions.push_back({.number = 1, .created = kAwsPoliciesSince, .text = std::string(policy.text)});
  return copy;
}

ManagedPolicy any_policy(api::Call& call) {
  const std::string arn = checked_policy_arn(call, text_of(call.in, "PolicyArn"));
  if (const identity::AwsManagedPolicy* policy = identity::find_aws_managed(arn)) return as_customers(*policy);
  std::optional<ManagedPolicy> policy = identity::find_policy(*call.state, arn);
  if (!policy) throw no_such_policy(arn);
  return std::move(*policy);
}

void get_policy_version(api::Call& call) {
  const ManagedPolicy policy = any_policy(call);
  const ManagedPolicy::Version& version = named_version(call, policy);
  Json shown{{"Document", show_document(version.text)}};
  shown.update(show_version(policy, version));
  call.out["PolicyVersion"] = std::move(shown);
}

void list_policy_versions(api::Call& call) {
  const ManagedPolicy policy = any_policy(call);
  Json shown = Json::array();
  for (auto version = policy.versions.rbegin(); version != policy.versions.rend(); ++version)
    shown.push_back(show_version(policy, *version));
  list_page(call, shown, "Versions");
}

void delete_policy_version(api::Call& call) {
  ManagedPolicy policy = own_policy(call);
  const int number = named_version(call, policy).number;
  if (number == policy.default_version) throw Error(kDeleteConflict, "Cannot delete the default version of a policy.");
  std::erase_if(policy.versions, [&](const auto& version) { return version.number == number; });
  identity::save(*call.state, policy);
}

void set_default_policy_version(api::Call& call) {
  ManagedPolicy policy = own_policy(call);
  policy.default_version = named_version(call, policy).number;
  policy.updated = call.now;
  identity::save(*call.state, policy);
}

void tag_policy(api::Call& call) {
  ManagedPolicy policy = own_policy(call);
  add_tags(policy.tags, tags_given(call.in));
  identity::save(*call.state, policy);
}

void untag_policy(api::Call& call) {
  ManagedPolicy policy = own_policy(call);
  remove_tags(policy.tags, list_of(call.in, "TagKeys"));
  identity::save(*call.state, policy);
}

void list_policy_tags(api::Call& call) { list_page(call, show_tags(any_policy(call).tags), "Tags"); }

void list_entities_for_policy(api::Call& call) {
  const ManagedPolicy policy = any_policy(call);
  const std::string filter = text_of(call.in, "EntityFilter"), usage = text_of(call.in, "PolicyUsageFilter"),
                    path = text_of(call.in, "PathPrefix", "/");
  Json all = Json::array();
  const auto add = [&](Usage how) {
    const std::string prefix = identity::usage_prefix(call.account, policy.arn(), how);
    for (const state::Item& item : call.state->list(prefix, prefix, state::Transaction::kListMax).items) {
      const std::string_view rest = std::string_view(item.key).substr(prefix.size());
      const Kind kind = rest.starts_with("user/") ? Kind::kUser : rest.starts_with("group/") ? Kind::kGroup : Kind::kRole;
      const char* wanted = kind == Kind::kUser ? "User" : kind == Kind::kGroup ? "Group" : "Role";
      if (!filter.empty() && filter != wanted) continue;
      const std::optional<Entity> entity = identity::find_entity(*call.state, kind, call.account, item.value);
      if (entity && entity->path.starts_with(path))
        all.push_back(
            {{"kind", wanted}, {"shown", {{fmt::format("{}Name", wanted), entity->name}, {fmt::format("{}Id", wanted), entity->id}}}});
    }
  };
  add(usage == "PermissionsBoundary" ? Usage::kBoundary : Usage::kAttached);
  list_page(call, all, "Entities");
  const Json page = std::exchange(call.out["Entities"], Json());
  call.out.erase("Entities");
  for (const char* list : {"PolicyGroups", "PolicyUsers", "PolicyRoles"}) call.out[list] = Json::array();
  for (const Json& entity : page) call.out[fmt::format("Policy{}s", entity["kind"].get<std::string>())].push_back(entity["shown"]);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreatePolicy", create_policy},
    {"CreatePolicyVersion", create_policy_version},
    {"DeletePolicy", delete_policy},
    {"DeletePolicyVersion", delete_policy_version},
    {"GetPolicy", get_policy},
    {"GetPolicyVersion", get_policy_version},
    {"ListEntitiesForPolicy", list_entities_for_policy},
    {"ListPolicies", list_policies},
    {"ListPolicyTags", list_policy_tags},
    {"ListPolicyVersions", list_policy_versions},
    {"SetDefaultPolicyVersion", set_default_policy_version},
    {"TagPolicy", tag_policy},
    {"UntagPolicy", untag_policy},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_managed_policies;
const api::Family iam_managed_policies{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services

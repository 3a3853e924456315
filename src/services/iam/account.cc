#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "identity/aws_managed.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"
#include "services/iam/managed_policy.h"

/// What is said of an account as a whole: its alias, its password policy, how much of everything there is, and all of it at once.
namespace cairn::iam {
namespace {

constexpr size_t kCountMax = 10'000;

/// --dev knows accounts that nobody made.
identity::Account own_account(api::Call& call) {
  std::optional<identity::Account> account = identity::find_account(*call.state, call.account);
  return account ? std::move(*account) : identity::Account{.id = call.account, .created = call.now};
}

void create_account_alias(api::Call& call) {
  const std::string alias = text_of(call.in, "AccountAlias");
  identity::Account account = own_account(call);
  const std::optional<std::string> holder = call.state->get(identity::alias_key(alias));
  if (holder) throw Error(kAlreadyExists, "The account alias {} already exists.", alias);
  if (!account.alias.empty()) call.state->erase(identity::alias_key(account.alias));  // an account has one
  account.alias = alias;
  call.state->put(identity::alias_key(alias), call.account.str());
  identity::save(*call.state, account);
}

void delete_account_alias(api::Call& call) {
  const std::string alias = text_of(call.in, "AccountAlias");
  identity::Account account = own_account(call);
  if (account.alias != alias) throw Error(kNoSuchEntity, "The account alias {} does not exist.", alias);
  account.alias.clear();
  call.state->erase(identity::alias_key(alias));
  identity::save(*call.state, account);
}

void list_account_aliases(api::Call& call) {
  Json aliases = Json::array();
  if (const std::string alias = own_account(call).alias; !alias.empty()) aliases.push_back(alias);
  list_page(call, aliases, "AccountAliases");
}

/// Members that are not given are set to AWS's defaults, not kept.
/// Differs from AWS: passwords do not expire and are not remembered, though the settings are kept; there is no console to sign in to.
void update_password_policy(api::Call& call) {
  identity::Account account = own_account(call);
  Json policy{{"MinimumPasswordLength", 6}};
  for (const char* member :
       {"RequireSymbols", "RequireNumbers", "RequireUppercaseCharacters", "RequireLowercaseCharacters", "AllowUsersToChangePassword"})
    policy[member] = false;
  policy.update(call.in);
  policy["ExpirePasswords"] = call.in.value("MaxPasswordAge", 0) > 0;
  account.password_policy = json::dump(policy);
  identity::save(*call.state, account);
}

Error no_password_policy(const api::Call& call) {
  return Error(kNoSuchEntity, "The Password Policy with domain name {} cannot be found.", call.account.str());
}

void get_password_policy(api::Call& call) {
  const identity::Account account = own_account(call);
  if (account.password_policy.empty()) throw no_password_policy(call);
  call.out["PasswordPolicy"] = json::parse(account.password_policy).value();
}

void delete_password_policy(api::Call& call) {
  identity::Account account = own_account(call);
  if (account.password_policy.empty()) throw no_password_policy(call);
  account.password_policy.clear();
  identity::save(*call.state, account);
}

void get_account_summary(api::Call& call) {
  const auto count = [&](const std::string& prefix) { return count_below(call, prefix, kCountMax); };
  const identity::Account account = own_account(call);
  size_t versions = 0, devices = 0;
  const std::string policies = identity::policy_prefix(call.account), mfa = identity::mfa_device_prefix(call.account);
  const std::vector<state::Item> own_policies = call.state->list(policies, policies, kCountMax).items;
  for (const state::Item& item : own_policies) versions += identity::decode_policy(call.account, item.value).versions.size();
  const std::vector<state::Item> all_devices = call.state->list(mfa, mfa, kCountMax).items;
  for (const state::Item& item : all_devices) devices += identity::decode_mfa_device(call.account, item.value).enabled.has_value();
  call.out["SummaryMap"] = {{"Users", count(identity::entity_prefix(Kind::kUser, call.account))},
                            {"UsersQuota", 5000},
                            {"Groups", count(identity::entity_prefix(Kind::kGroup, call.account))},
                            {"GroupsQuota", 300},
                            {"Roles", count(identity::entity_prefix(Kind::kRole, call.account))},
                            {"RolesQuota", 1000},
                            {"Policies", own_policies.size()},
                            {"PoliciesQuota", 1500},
                            {"PolicyVersionsInUse", versions},
                            {"PolicyVersionsInUseQuota", 10000},
                            {"PolicySizeQuota", 6144},
                            {"VersionsPerPolicyQuota", 5},
                            {"InstanceProfiles", count(identity::instance_profile_prefix(call.account))},
                            {"InstanceProfilesQuota", 1000},
                            {"MFADevices", all_devices.size()},
                            {"MFADevicesInUse", devices},
                            {"AccountMFAEnabled", account.mfa_devices.empty() ? 0 : 1},
                            {"AccountAccessKeysPresent", account.access_keys.empty() ? 0 : 1},
                            {"AccountPasswordPresent", 0},
                            {"AccountSigningCertificatesPresent", 0},
                            {"AccessKeysPerUserQuota", 2},
                            {"AssumeRolePolicySizeQuota", 4096},
                            {"AttachedPoliciesPerGroupQuota", 10},
                            {"AttachedPoliciesPerRoleQuota", 10},
                            {"AttachedPoliciesPerUserQuota", 10},
                            {"GroupPolicySizeQuota", 5120},
                            {"GroupsPerUserQuota", 10},
                            {"Providers", count(identity::oidc_provider_prefix(call.account))},
                            {"RolePolicySizeQuota", 10240},
                            {"ServerCertificates", 0},
                            {"ServerCertificatesQuota", 20},
                            {"SigningCertificatesPerUserQuota", 2},
                            {"UserPolicySizeQuota", 2048}};
}

// ---- all of it

Json inline_list(const Entity& entity) {
  Json list = Json::array();
  for (const auto& [name, text] : entity.inline_policies) list.push_back({{"PolicyName", name}, {"PolicyDocument", show_document(text)}});
  return list;
}

Json user_detail(const Entity& user) {
  Json out = show(user, Shown::kDetails);
  if (!user.inline_policies.empty()) out["UserPolicyList"] = inline_list(user);
  out["GroupList"] = user.groups;
  out["AttachedManagedPolicies"] = show_attached(user);
  return out;
}

Json group_detail(const Entity& group) {
  Json out = show(group, Shown::kDetails);
  out["GroupPolicyList"] = inline_list(group);
  out["AttachedManagedPolicies"] = show_attached(group);
  return out;
}

Json role_detail(api::Call& call, const Entity& role) {
  Json out = show(role, Shown::kDetails);
  out.erase("Description");
  out.erase("MaxSessionDuration");
  out["InstanceProfileList"] = Json::array();
  const std::string prefix = identity::role_profile_prefix(call.account, role.name);
  for (const state::Item& item : call.state->list(prefix, prefix, kCountMax).items) {
    const auto profile = identity::find_instance_profile(*call.state, call.account, item.value);
    if (!profile) continue;
    out["InstanceProfileList"].push_back({{"Path", profile->path},
                                          {"InstanceProfileName", profile->name},
                                          {"InstanceProfileId", profile->id},
                                          {"Arn", profile->arn()},
                                          {"CreateDate", timestamps::iso8601(profile->created)},
                                          {"Roles", Json::array({show(role, Shown::kBrief)})}});
  }
  out["RolePolicyList"] = inline_list(role);
  out["AttachedManagedPolicies"] = show_attached(role);
  out["RoleLastUsed"] = Json::object();
  return out;
}

template <class Policy, class Versions>
Json policy_detail(api::Call& call, const Policy& policy, Versions&& versions) {
  Json out = show_policy(call, policy, Shown::kDetails);
  out.erase("Tags");
  out["PolicyVersionList"] = versions();
  return out;
}

Json version_detail(int number, Time created, std::string_view text, bool is_default) {
  return {{"Document", show_document(text)},
          {"VersionId", fmt::format("v{}", number)},
          {"IsDefaultVersion", is_default},
          {"CreateDate", timestamps::iso8601(created)}};
}

bool is_asked_for(const Json& in, std::string_view type) {
  const std::vector<std::string> filter = list_of(in, "Filter");
  return filter.empty() || std::ranges::find(filter, type) != filter.end();
}

/// AWS's own policies are listed where something uses them.
void get_account_authorization_details(api::Call& call) {
  constexpr std::pair<Kind, const char*> kKinds[] = {{Kind::kUser, "User"}, {Kind::kGroup, "Group"}, {Kind::kRole, "Role"}};
  Json all = Json::array();
  for (const auto& [kind, type] : kKinds) {
    if (!is_asked_for(call.in, type)) continue;
    const std::string prefix = identity::entity_prefix(kind, call.account);
    for (const state::Item& item : call.state->list(prefix, prefix, kCountMax).items) {
      const Entity entity = identity::decode_entity(kind, call.account, item.value);
      Json detail = kind == Kind::kUser ? user_detail(entity) : kind == Kind::kGroup ? group_detail(entity) : role_detail(call, entity);
      all.push_back({{"list", fmt::format("{}DetailList", type)}, {"detail", std::move(detail)}});
    }
  }
  if (is_asked_for(call.in, "LocalManagedPolicy")) {
    const std::string prefix = identity::policy_prefix(call.account);
    for (const state::Item& item : call.state->list(prefix, prefix, kCountMax).items) {
      const identity::ManagedPolicy policy = identity::decode_policy(call.account, item.value);
      all.push_back({{"list", "Policies"}, {"detail", policy_detail(call, policy, [&] {
                                              Json list = Json::array();
                                              for (const auto& version : policy.versions)
                                                list.push_back(version_detail(version.number, version.created, version.text,
                                                                              version.number == policy.default_version));
                                              return list;
                                            })}});
    }
  }
  if (is_asked_for(call.in, "AWSManagedPolicy")) {
    for (const identity::AwsManagedPolicy& policy : identity::aws_managed_policies()) {
      Json detail = policy_detail(call, policy, [&] { return Json::array({version_detail(1, kAwsPoliciesSince, policy.text, true)}); });
      if (detail["AttachmentCount"] != 0 || detail["PermissionsBoundaryUsageCount"] != 0)
        all.push_back({{"list", "Policies"}, {"detail", std::move(detail)}});
    }
  }
  list_page(call, all, "All");
  const Json page = call.out["All"];
  call.out.erase("All");
  for (const char* list : {"UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"}) call.out[list] = Json::array();
  for (const Json& one : page) call.out[one["list"].get<std::string>()].push_back(one["detail"]);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateAccountAlias", create_account_alias},
    {"DeleteAccountAlias", delete_account_alias},
    {"DeleteAccountPasswordPolicy", delete_password_policy},
    {"GetAccountAuthorizationDetails", get_account_authorization_details, api::Runs::kPool},
    {"GetAccountPasswordPolicy", get_password_policy},
    {"GetAccountSummary", get_account_summary, api::Runs::kPool},
    {"ListAccountAliases", list_account_aliases},
    {"UpdateAccountPasswordPolicy", update_password_policy},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_account;
const api::Family iam_account{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services

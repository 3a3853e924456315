#include "api/operation.h"
#include "api/ports.h"
#include "identity/accounts.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"
#include "services/iam/last_used.h"

/// Access keys of users, and of root. What is deleted or deactivated signs no call that begins after the answer.
namespace cairn::iam {
namespace {

using identity::AccessKey;

constexpr size_t kKeysMax = 2;  // of one user

/// Whose keys are meant; "": root's own, which only root can mean.
std::string owner_meant(const api::Call& call) {
  const bool is_root = call.principal.kind == aws::Principal::Kind::kRoot;
  return is_root && !has(call.in, "UserName") ? std::string() : user_meant(call);
}

/// A name as those who call about root's keys see it.
std::string shown_name(const std::string& owner) { return owner.empty() ? "root" : owner; }

std::vector<std::string> keys_of(api::Call& call, const std::string& owner) {
  if (!owner.empty()) return entity_named(call, Kind::kUser, owner).access_keys;
  const std::optional<identity::Account> account = identity::find_account(*call.state, call.account);
  return account ? account->access_keys : std::vector<std::string>();
}

/// The key that the call names, if it is the owner's.
AccessKey named_key(api::Call& call, const std::string& owner) {
  const aws::AccessKeyId id(text_of(call.in, "AccessKeyId"));
  const std::vector<std::string> keys = keys_of(call, owner);
  const bool is_owners = std::ranges::find(keys, id.str()) != keys.end();
  std::optional<AccessKey> key = is_owners ? identity::find_access_key(*call.state, id) : std::nullopt;
  if (!key) throw Error(kNoSuchEntity, "The Access Key with id {} cannot be found.", id.str());
  return std::move(*key);
}

Json show_key(const AccessKey& key) {
  return {{"UserName", shown_name(key.user)},
          {"AccessKeyId", key.id.str()},
          {"Status", key.active ? "Active" : "Inactive"},
          {"CreateDate", timestamps::iso8601(key.created)}};
}

void create_access_key(api::Call& call) {
  const std::string owner = owner_meant(call);
  if (keys_of(call, owner).size() >= kKeysMax) throw over_quota("AccessKeysPerUser", kKeysMax);
  if (owner.empty() && !identity::find_account(*call.state, call.account)) identity::make_account(*call.state, call.now, call.account, "");
  const std::string name = owner.empty() ? owner : entity_named(call, Kind::kUser, owner).name;
  const identity::NewCredentials made =
      identity::make_access_key(*call.state, *call.ports->sealer, *call.ports->random, call.now, call.account, name);
  Json key = show_key(*identity::find_access_key(*call.state, made.access_key));
  key["SecretAccessKey"] = made.secret.reveal();
  call.out["AccessKey"] = std::move(key);
}

void list_access_keys(api::Call& call) {
  Json shown = Json::array();
  for (const std::string& id : keys_of(call, owner_meant(call)))
    if (const std::optional<AccessKey> key = identity::find_access_key(*call.state, aws::AccessKeyId(id))) shown.push_back(show_key(*key));
  list_page(call, shown, "AccessKeyMetadata");
}

void update_access_key(api::Call& call) {
  AccessKey key = named_key(call, owner_meant(call));
  key.active = text_of(call.in, "Status") == "Active";
  identity::save(*call.state, key);
}

void delete_access_key(api::Call& call) {
  const std::string owner = owner_meant(call);
  const AccessKey key = named_key(call, owner);
  call.state->erase(identity::access_key_key(key.id));
  if (owner.empty()) {
    identity::Account account = identity::find_account(*call.state, call.account).value();
    std::erase(account.access_keys, key.id.str());
    identity::save(*call.state, account);
  } else {
    Entity user = entity_named(call, Kind::kUser, owner);
    std::erase(user.access_keys, key.id.str());
    identity::save(*call.state, user);
  }
}

/// What the event history says: the newest event that the key signed.
/// Differs from AWS: uses older than the history's retention, and those that made no event, are not known; so a key that was used only
/// then counts as never used.
void get_access_key_last_used(api::Call& call) {
  const aws::AccessKeyId id(text_of(call.in, "AccessKeyId"));
  const std::optional<AccessKey> key = identity::find_access_key(*call.state, id);
  if (!key || key->account != call.account) {
    // Nobody learns whether another account has such a key.
    throw Error(aws::kAccessDenied, "User: {} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {}",
                call.principal.arn, id.str());
  }
  call.out["UserName"] = shown_name(key->user);
  Json used{{"ServiceName", "N/A"}, {"Region", "N/A"}};
  if (const std::optional<LastUse> use = last_use_of_key(call, id.str())) {
    used["LastUsedDate"] = timestamps::iso8601(use->time);
    used["ServiceName"] = use->service;
    used["Region"] = use->region;
  }
  call.out["AccessKeyLastUsed"] = std::move(used);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateAccessKey", create_access_key},
    {"DeleteAccessKey", delete_access_key},
    {"GetAccessKeyLastUsed", get_access_key_last_used, api::Runs::kPool},
    {"ListAccessKeys", list_access_keys},
    {"UpdateAccessKey", update_access_key},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_access_keys;
const api::Family iam_access_keys{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services

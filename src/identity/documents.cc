#include "identity/documents.h"

#include <stdexcept>

#include "base/check.h"
#include "base/json.h"
#include "base/text.h"

namespace cairn::identity {
namespace {

constexpr const char* kIdLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

Json read(std::string_view text, std::string_view what) {
  Result<Json> json = json::parse(text);
  if (!json || !json->is_object()) throw std::runtime_error(fmt::format("the document of {} cannot be read", what));
  return std::move(*json);
}

std::string text_of(const Json& json, std::string_view name) {
  const auto it = json.find(name);
  return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::optional<Time> time_of(const Json& json, std::string_view name) { return timestamps::parse_iso8601(text_of(json, name)); }

std::vector<std::string> list_of(const Json& json, std::string_view name) {
  std::vector<std::string> list;
  if (const auto it = json.find(name); it != json.end()) list = it->get<std::vector<std::string>>();
  return list;
}

Tags tags_of(const Json& json) {
  Tags tags;
  if (const auto it = json.find("tags"); it != json.end())
    for (const auto& [key, value] : it->items()) tags.emplace_back(key, value.get<std::string>());
  return tags;
}

/// Writes what there is: empty texts and lists are left out.
class Document {
 public:
  Document& text(const char* name, std::string_view value) {
    if (!value.empty()) json_[name] = value;
    return *this;
  }
  Document& time(const char* name, const std::optional<Time>& value) {
    if (value) json_[name] = timestamps::iso8601(*value);
    return *this;
  }
  Document& list(const char* name, const std::vector<std::string>& value) {
    if (!value.empty()) json_[name] = value;
    return *this;
  }
  Document& tags(const Tags& value) {
    for (const auto& [key, text] : value) json_["tags"][key] = text;
    return *this;
  }
  Json& json() { return json_; }
  std::string dump() const { return json::dump(json_); }

 private:
  Json json_ = Json::object();
};

std::string below(std::string_view folder, const aws::AccountId& account) { return fmt::format("iam/{}/{}/", folder, account.str()); }

std::string_view folder_of(Entity::Kind kind) {
  switch (kind) {
    case Entity::Kind::kUser:
      return "user";
    case Entity::Kind::kGroup:
      return "group";
    case Entity::Kind::kRole:
      return "role";
  }
  return "";
}

std::string arn_of(const aws::AccountId& account, std::string_view type, std::string_view path, std::string_view name) {
  return fmt::format("arn:aws:iam::{}:{}{}{}", account.str(), type, path, name);
}

template <class Decode>
auto find(state::Transaction& state, const std::string& key, Decode&& decode) -> std::optional<decltype(decode(std::string_view()))> {
  const std::optional<std::string> text = state.get(key);
  if (!text) return std::nullopt;
  return decode(*text);
}

}  // namespace

std::string Entity::arn() const { return arn_of(account, folder_of(kind), path, name); }
std::string ManagedPolicy::arn() const { return arn_of(account, "policy", path, name); }
std::string InstanceProfile::arn() const { return arn_of(account, "instance-profile", path, name); }
std::string MfaDevice::serial() const { return arn_of(account, "mfa", path, name); }
std::string OidcProvider::arn() const { return arn_of(account, "oidc-provider", "/", url); }

const ManagedPolicy::Version* ManagedPolicy::version(int number) const {
  for (const Version& each : versions)
    if (each.number == number) return &each;
  return nullptr;
}

std::string new_id(env::Random& random, std::string_view prefix) { return std::string(prefix) + random.letters(17, kIdLetters); }

std::optional<IamArn> parse_arn(std::string_view arn) {
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (parts.size() != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != "iam" || !parts[3].empty()) return std::nullopt;
  const size_t first = parts[5].find('/'), last = parts[5].rfind('/');
  if (first == std::string_view::npos || last + 1 == parts[5].size()) return std::nullopt;
  return IamArn{.account = std::string(parts[4]),
                .type = std::string(parts[5].substr(0, first)),
                .path = std::string(parts[5].substr(first, last - first + 1)),
                .name = std::string(parts[5].substr(last + 1))};
}

// ---- keys

std::string account_key(const aws::AccountId& account) { return kAccountPrefix + account.str(); }
std::string entity_prefix(Entity::Kind kind, const aws::AccountId& account) { return below(folder_of(kind), account); }
std::string entity_key(Entity::Kind kind, const aws::AccountId& account, std::string_view name) {
  return entity_prefix(kind, account) + text::lower(name);
}
std::string policy_prefix(const aws::AccountId& account) { return below("policy", account); }
std::string policy_key(const aws::AccountId& account, std::string_view name) { return policy_prefix(account) + text::lower(name); }
std::string instance_profile_prefix(const aws::AccountId& account) { return below("instance-profile", account); }
std::string instance_profile_key(const aws::AccountId& account, std::string_view name) {
  return instance_profile_prefix(account) + text::lower(name);
}
std::string mfa_device_prefix(const aws::AccountId& account) { return below("mfa-device", account); }
std::string mfa_device_key(const aws::AccountId& account, std::string_view name) { return mfa_device_prefix(account) + text::lower(name); }
std::string access_key_key(const aws::AccessKeyId& key) { return "iam/access-key/" + key.str(); }
std::string alias_key(std::string_view alias) { return fmt::format("iam/alias/{}", alias); }
std::string oidc_provider_prefix(const aws::AccountId& account) { return below("oidc-provider", account); }
std::string oidc_provider_key(const aws::AccountId& account, std::string_view url) {
  return oidc_provider_prefix(account) + std::string(url);
}
std::string member_prefix(const aws::AccountId& account, std::string_view group) {
  return below("group-member", account) + text::lower(group) + "/";
}
std::string member_key(const aws::AccountId& account, std::string_view group, std::string_view user) {
  return member_prefix(account, group) + text::lower(user);
}
std::string usage_prefix(const aws::AccountId& account, std::string_view policy_arn, Usage usage) {
  const std::optional<IamArn> arn = parse_arn(policy_arn);
  CHECK(arn.has_value());
  return fmt::format("{}{}/{}/{}/", below("policy-usage", account), arn->account == "aws" ? "aws" : "own", text::lower(arn->name),
                     usage == Usage::kAttached ? "attached" : "boundary");
}
std::string usage_key(const aws::AccountId& account, std::string_view policy_arn, Usage usage, const Entity& entity) {
  return fmt::format("{}{}/{}", usage_prefix(account, policy_arn, usage), folder_of(entity.kind), text::lower(entity.name));
}
std::string role_profile_prefix(const aws::AccountId& account, std::string_view role) {
  return below("role-profile", account) + text::lower(role) + "/";
}
std::string role_profile_key(const aws::AccountId& account, std::string_view role, std::string_view profile) {
  return role_profile_prefix(account, role) + text::lower(profile);
}

// ---- documents

Entity decode_entity(Entity::Kind kind, const aws::AccountId& account, std::string_view text) {
  const Json json = read(text, "a user, group or role");
  Entity entity;
  entity.kind = kind;
  entity.account = account;
  entity.name = text_of(json, "name");
  entity.id = text_of(json, "id");
  entity.path = text_of(json, "path");
  entity.created = time_of(json, "created").value_or(Time{});
  if (const auto it = json.find("inline"); it != json.end())
    for (const auto& [name, policy] : it->items()) entity.inline_policies.emplace(name, policy.get<std::string>());
  entity.attached = list_of(json, "attached");
  entity.boundary = text_of(json, "boundary");
  entity.tags = tags_of(json);
  entity.groups = list_of(json, "groups");
  entity.access_keys = list_of(json, "accessKeys");
  entity.mfa_devices = list_of(json, "mfaDevices");
  entity.password = text_of(json, "password");
  entity.password_reset_required = json.value("passwordResetRequired", false);
  entity.password_created = time_of(json, "passwordCreated");
  entity.trust = text_of(json, "trust");
  entity.description = text_of(json, "description");
  entity.max_session_seconds = json.value("maxSession", 3600);
  entity.linked_service = text_of(json, "linkedService");
  return entity;
}

void save(state::Transaction& state, const Entity& entity) {
  Document document;
  document.text("name", entity.name).text("id", entity.id).text("path", entity.path).time("created", entity.created);
  for (const auto& [name, policy] : entity.inline_policies) document.json()["inline"][name] = policy;
  document.list("attached", entity.attached).text("boundary", entity.boundary).tags(entity.tags);
  document.list("groups", entity.groups).list("accessKeys", entity.access_keys).list("mfaDevices", entity.mfa_devices);
  document.text("password", entity.password).time("passwordCreated", entity.password_created);
  if (entity.password_reset_required) document.json()["passwordResetRequired"] = true;
  document.text("trust", entity.trust).text("description", entity.description).text("linkedService", entity.linked_service);
  if (entity.kind == Entity::Kind::kRole) document.json()["maxSession"] = entity.max_session_seconds;
  state.put(entity_key(entity.kind, entity.account, entity.name), document.dump());
}

ManagedPolicy decode_policy(const aws::AccountId& account, std::string_view text) {
  const Json json = read(text, "a managed policy");
  ManagedPolicy policy;
  policy.account = account;
  policy.name = text_of(json, "name");
  policy.id = text_of(json, "id");
  policy.path = text_of(json, "path");
  policy.description = text_of(json, "description");
  policy.created = time_of(json, "created").value_or(Time{});
  policy.updated = time_of(json, "updated").value_or(policy.created);
  policy.tags = tags_of(json);
  policy.default_version = json.value("default", 1);
  policy.next_version = json.value("next", 2);
  for (const Json& version : json.at("versions"))
    policy.versions.push_back(
        {version.value("number", 1), time_of(version, "created").value_or(policy.created), text_of(version, "document")});
  if (policy.version(policy.default_version) == nullptr) throw std::runtime_error("a managed policy has no default version");
  return policy;
}

void save(state::Transaction& state, const ManagedPolicy& policy) {
  Document document;
  document.text("name", policy.name).text("id", policy.id).text("path", policy.path).text("description", policy.description);
  document.time("created", policy.created).time("updated", policy.updated).tags(policy.tags);
  document.json()["default"] = policy.default_version;
  document.json()["next"] = policy.next_version;
  for (const ManagedPolicy::Version& version : policy.versions)
    document.json()["versions"].push_back(
        {{"number", version.number}, {"created", timestamps::iso8601(version.created)}, {"document", version.text}});
  state.put(policy_key(policy.account, policy.name), document.dump());
}

InstanceProfile decode_instance_profile(const aws::AccountId& account, std::string_view text) {
  const Json json = read(text, "an instance profile");
  InstanceProfile profile;
  profile.account = account;
  profile.name = text_of(json, "name");
  profile.id = text_of(json, "id");
  profile.path = text_of(json, "path");
  profile.created = time_of(json, "created").value_or(Time{});
  profile.role = text_of(json, "role");
  profile.tags = tags_of(json);
  return profile;
}

void save(state::Transaction& state, const InstanceProfile& profile) {
  Document document;
  document.text("name", profile.name).text("id", profile.id).text("path", profile.path).time("created", profile.created);
  document.text("role", profile.role).tags(profile.tags);
  state.put(instance_profile_key(profile.account, profile.name), document.dump());
}

MfaDevice decode_mfa_device(const aws::AccountId& account, std::string_view text) {
  const Json json = read(text, "an MFA device");
  MfaDevice device;
  device.account = account;
  device.name = text_of(json, "name");
  device.path = text_of(json, "path");
  device.sealed = text_of(json, "sealed");
  device.enabled = time_of(json, "enabled");
  device.user = text_of(json, "user");
  device.last_step = json.value("lastStep", int64_t{0});
  device.tags = tags_of(json);
  return device;
}

void save(state::Transaction& state, const MfaDevice& device) {
  Document document;
  document.text("name", device.name).text("path", device.path).text("sealed", device.sealed);
  document.time("enabled", device.enabled).text("user", device.user).tags(device.tags);
  document.json()["lastStep"] = device.last_step;
  state.put(mfa_device_key(device.account, device.name), document.dump());
}

AccessKey decode_access_key(const aws::AccessKeyId& id, std::string_view text) {
  const Json json = read(text, "an access key");
  return {.id = id,
          .account = aws::AccountId(text_of(json, "account")),
          .user = text_of(json, "user"),
          .sealed = text_of(json, "sealed"),
          .active = text_of(json, "status") == "Active",
          .created = time_of(json, "created").value_or(Time{})};
}

void save(state::Transaction& state, const AccessKey& key) {
  state.put(access_key_key(key.id), json::dump({{"account", key.account.str()},
                                                {"user", key.user},
                                                {"sealed", key.sealed},
                                                {"status", key.active ? "Active" : "Inactive"},
                                                {"created", timestamps::iso8601(key.created)}}));
}

Account decode_account(const aws::AccountId& id, std::string_view text) {
  const Json json = read(text, "an account");
  return {.id = id,
          .name = text_of(json, "name"),
          .created = time_of(json, "created").value_or(Time{}),
          .alias = text_of(json, "alias"),
          .password_policy = text_of(json, "passwordPolicy"),
          .access_keys = list_of(json, "accessKeys"),
          .mfa_devices = list_of(json, "mfaDevices")};
}

void save(state::Transaction& state, const Account& account) {
  Document document;
  document.text("name", account.name).time("created", account.created).text("alias", account.alias);
  document.text("passwordPolicy", account.password_policy);
  document.list("accessKeys", account.access_keys).list("mfaDevices", account.mfa_devices);
  state.put(account_key(account.id), document.dump());
}

OidcProvider decode_oidc_provider(const aws::AccountId& account, std::string_view text) {
  const Json json = read(text, "an OpenID Connect provider");
  return {.account = account,
          .url = text_of(json, "url"),
          .client_ids = list_of(json, "clientIds"),
          .thumbprints = list_of(json, "thumbprints"),
          .created = time_of(json, "created").value_or(Time{}),
          .tags = tags_of(json)};
}

void save(state::Transaction& state, const OidcProvider& provider) {
  Document document;
  document.text("url", provider.url).list("clientIds", provider.client_ids).list("thumbprints", provider.thumbprints);
  document.time("created", provider.created).tags(provider.tags);
  state.put(oidc_provider_key(provider.account, provider.url), document.dump());
}

// ---- secrets

namespace {

Secret opened(const state::Sealer& sealer, const std::string& sealed, const std::string& place) {
  std::optional<Secret> secret = sealer.open(sealed, place);
  if (!secret) throw std::runtime_error(place + " cannot be unsealed: the document is damaged");
  return std::move(*secret);
}

}  // namespace

void seal(const state::Sealer& sealer, AccessKey& key, const Secret& secret) { key.sealed = sealer.seal(secret, access_key_key(key.id)); }
void seal(const state::Sealer& sealer, MfaDevice& device, const Secret& seed) {
  device.sealed = sealer.seal(seed, mfa_device_key(device.account, device.name));
}
Secret unseal(const state::Sealer& sealer, const AccessKey& key) { return opened(sealer, key.sealed, access_key_key(key.id)); }
Secret unseal(const state::Sealer& sealer, const MfaDevice& device) {
  return opened(sealer, device.sealed, mfa_device_key(device.account, device.name));
}

// ---- finding

std::optional<Entity> find_entity(state::Transaction& state, Entity::Kind kind, const aws::AccountId& account, std::string_view name) {
  return find(state, entity_key(kind, account, name), [&](std::string_view text) { return decode_entity(kind, account, text); });
}

std::optional<Entity> find_entity(state::Transaction& state, std::string_view arn) {
  const std::optional<IamArn> parts = parse_arn(arn);
  if (!parts || (parts->type != "user" && parts->type != "role")) return std::nullopt;
  const Entity::Kind kind = parts->type == "user" ? Entity::Kind::kUser : Entity::Kind::kRole;
  std::optional<Entity> entity = find_entity(state, kind, aws::AccountId(parts->account), parts->name);
  if (entity && entity->arn() != arn) return std::nullopt;
  return entity;
}

std::optional<ManagedPolicy> find_policy(state::Transaction& state, std::string_view arn) {
  const std::optional<IamArn> parts = parse_arn(arn);
  if (!parts || parts->type != "policy" || parts->account == "aws") return std::nullopt;
  const aws::AccountId account(parts->account);
  std::optional<ManagedPolicy> policy =
      find(state, policy_key(account, parts->name), [&](std::string_view text) { return decode_policy(account, text); });
  if (policy && policy->arn() != arn) return std::nullopt;
  return policy;
}

std::optional<InstanceProfile> find_instance_profile(state::Transaction& state, const aws::AccountId& account, std::string_view name) {
  return find(state, instance_profile_key(account, name), [&](std::string_view text) { return decode_instance_profile(account, text); });
}

std::optional<MfaDevice> find_mfa_device(state::Transaction& state, std::string_view serial) {
  const std::optional<IamArn> parts = parse_arn(serial);
  if (!parts || parts->type != "mfa") return std::nullopt;
  const aws::AccountId account(parts->account);
  std::optional<MfaDevice> device =
      find(state, mfa_device_key(account, parts->name), [&](std::string_view text) { return decode_mfa_device(account, text); });
  if (device && device->serial() != serial) return std::nullopt;
  return device;
}

std::optional<AccessKey> find_access_key(state::Transaction& state, const aws::AccessKeyId& key) {
  return find(state, access_key_key(key), [&](std::string_view text) { return decode_access_key(key, text); });
}

std::optional<Account> find_account(state::Transaction& state, const aws::AccountId& account) {
  return find(state, account_key(account), [&](std::string_view text) { return decode_account(account, text); });
}

std::optional<OidcProvider> find_oidc_provider(state::Transaction& state, std::string_view arn) {
  constexpr std::string_view kMark = ":oidc-provider/";
  const std::vector<std::string_view> parts = text::split(arn, ':');
  const size_t at = arn.find(kMark);
  if (parts.size() < 6 || at == std::string_view::npos) return std::nullopt;
  const aws::AccountId account{std::string(parts[4])};
  std::optional<OidcProvider> provider = find(state, oidc_provider_key(account, arn.substr(at + kMark.size())),
                                              [&](std::string_view text) { return decode_oidc_provider(account, text); });
  if (provider && provider->arn() != arn) return std::nullopt;
  return provider;
}

}  // namespace cairn::identity

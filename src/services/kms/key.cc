#include "services/kms/key.h"

#include <algorithm>

#include "base/text.h"
#include "services/kms/documents.h"
#include "services/kms/managed_key.h"

namespace cairn::kms {
namespace {

int64_t millis(Time time) { return time.time_since_epoch().count(); }
Time time_of(const Json& value) { return Time(std::chrono::milliseconds(value.get<int64_t>())); }

bool is_hex(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// What is refused before a key was found shows no parameters in its record.
template <class... Args>
Error unknown(api::Call& call, const ErrorKind& kind, fmt::format_string<Args...> format, Args&&... args) {
  call.recorded_in = Json::object();
  return Error(kind, format, std::forward<Args>(args)...);
}

/// Where a KeyId points to.
struct Target {
  aws::AccountId account;
  aws::Region region;
  std::string resource;  // ID, or alias/NAME
};

Target parse_name(api::Call& call, const std::string& name) {
  if (!name.starts_with("arn:")) return {call.account, call.region, name};
  const std::vector<std::string_view> parts = text::split(name, ':');
  if (parts.size() < 6 || parts[2] != "kms" || !aws::is_account_id(parts[4])) throw unknown(call, kInvalidArn, "Invalid arn {}", name);
  if (parts[3] != call.region.str()) throw unknown(call, kNotFound, "Invalid arn {}", parts[3]);
  std::string resource = name.substr(static_cast<size_t>(parts[5].data() - name.data()));
  if (resource.starts_with("key/")) resource.erase(0, 4);
  else if (!resource.starts_with("alias/")) throw unknown(call, kInvalidArn, "Invalid arn {}", name);
  return {aws::AccountId(std::string(parts[4])), call.region, std::move(resource)};
}

}  // namespace

std::string key_arn(const aws::AccountId& account, const aws::Region& region, std::string_view id) {
  return fmt::format("arn:aws:kms:{}:{}:key/{}", region.str(), account.str(), id);
}

std::string alias_arn(const aws::AccountId& account, const aws::Region& region, std::string_view name) {
  return fmt::format("arn:aws:kms:{}:{}:{}", region.str(), account.str(), name);
}

std::string Key::arn() const { return key_arn(account, region, id); }

std::string_view Key::state() const {
  if (deletion) return "PendingDeletion";
  return enabled ? "Enabled" : "Disabled";
}

/// Keys that are disabled or wait for their end are not rotated; once enabled again, they are if they should have been meanwhile.
std::optional<Time> Key::due() const {
  if (deletion) return deletion;
  return rotates && enabled ? next_rotation : std::nullopt;
}

std::string encode(const Key& key) {
  Json document = {{"account", key.account.str()},
                   {"region", key.region.str()},
                   {"created", millis(key.created)},
                   {"enabled", key.enabled},
                   {"material", key.material}};
  if (!key.description.empty()) document["description"] = key.description;
  if (key.deletion) document["deletion"] = millis(*key.deletion);
  if (key.rotates) document["rotates"] = true;
  if (key.next_rotation) {
    document["rotationDays"] = key.rotation_days;
    document["nextRotation"] = millis(*key.next_rotation);
  }
  if (key.rotations_on_demand > 0) document["rotationsOnDemand"] = key.rotations_on_demand;
  if (key.is_managed) document["managed"] = true;
  return json::dump(document);
}

Key decode_key(std::string_view id, std::string_view document) {
  const Result<Json> parsed = json::parse(document);
  if (!parsed) throw std::runtime_error("a key's document cannot be read: " + parsed.error().message);
  const Json& json = *parsed;
  Key key;
  key.id = std::string(id);
  key.account = aws::AccountId(json.at("account").get<std::string>());
  key.region = aws::Region(json.at("region").get<std::string>());
  key.created = time_of(json.at("created"));
  key.enabled = json.at("enabled").get<bool>();
  key.material = json.at("material").get<std::string>();
  key.description = json.value("description", "");
  if (json.contains("deletion")) key.deletion = time_of(json["deletion"]);
  key.rotates = json.value("rotates", false);
  if (json.contains("nextRotation")) {
    key.rotation_days = json.at("rotationDays").get<int>();
    key.next_rotation = time_of(json["nextRotation"]);
  }
  key.rotations_on_demand = json.value("rotationsOnDemand", 0);
  key.is_managed = json.value("managed", false);
  return key;
}

Json metadata(const Key& key) {
  Json out = {{"AWSAccountId", key.account.str()},
              {"KeyId", key.id},
              {"Arn", key.arn()},
              {"CreationDate", timestamps::iso8601_millis(key.created)},
              {"Enabled", key.state() == "Enabled"},
              {"Description", key.description},
              {"KeyUsage", "ENCRYPT_DECRYPT"},
              {"KeyState", key.state()},
              {"Origin", "AWS_KMS"},
              {"KeyManager", key.is_managed ? "AWS" : "CUSTOMER"},
              {"CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"},
              {"KeySpec", "SYMMETRIC_DEFAULT"},
              {"EncryptionAlgorithms", Json::array({"SYMMETRIC_DEFAULT"})},
              {"MultiRegion", false},
              {"CurrentKeyMaterialId", key.material}};
  if (key.deletion) out["DeletionDate"] = timestamps::iso8601_millis(*key.deletion);
  return out;
}

void save(state::Transaction& state, const Key& key, const Key* before) {
  state.put(documents::key(key.id), encode(key));
  const std::optional<Time> was = before != nullptr ? before->due() : std::nullopt;
  if (was == key.due()) return;
  if (was) state.erase(documents::due(*was, key.id));
  if (key.due()) state.put(documents::due(*key.due(), key.id), "");
}

bool is_key_id(std::string_view s) {
  if (s.starts_with("mrk-")) return s.size() == 36 && is_hex(s.substr(4));
  if (s.size() != 36) return false;
  for (size_t i = 0; i < s.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? s[i] != '-' : !is_hex(s.substr(i, 1))) return false;
  }
  return true;
}

std::optional<Key> key_of_id(api::Call& call, std::string_view id) {
  const std::optional<std::string> document = call.state->get(documents::key(id));
  if (!document) return std::nullopt;
  Key key = decode_key(id, *document);
  if (key.region != call.region || key.is_gone(call.now)) return std::nullopt;
  return key;
}

void show_key(api::Call& call, const Key& key) {
  call.resources.push_back({.type = "AWS::KMS::Key", .arn = key.arn(), .account = key.account});
  call.owner = key.account;
}

void answer_nothing(api::Call& call, const Key& key) { call.recorded_out = Json{{"KeyId", key.arn()}}; }

Named find_key(api::Call& call, const std::string& name, Names names) {
  Target target = parse_name(call, name);
  std::string id = target.resource, alias;
  if (target.resource.starts_with("alias/")) {
    if (names == Names::kKeys) throw unknown(call, kNotFound, "Invalid keyId '{}'", name);
    alias = target.resource;
    const std::optional<std::string> document = call.state->get(documents::alias(target.account, target.region, alias));
    const std::optional<std::string> found =
        document ? json::parse(*document).value().at("key").get<std::string>() : make_managed_key(call, target.account, alias);
    if (!found) throw unknown(call, kNotFound, "Alias {} is not found.", alias_arn(target.account, target.region, alias));
    id = *found;
  } else if (!is_key_id(id)) {
    throw unknown(call, kNotFound, "Invalid keyId '{}'", id);
  }
  std::optional<Key> key = key_of_id(call, id);
  if (!key || key->account != target.account)
    throw unknown(call, kNotFound, "Key '{}' does not exist", key_arn(target.account, target.region, id));
  show_key(call, *key);
  return {std::move(*key), std::move(alias)};
}

void check_not_pending(const Key& key) {
  if (key.deletion) throw Error(kInvalidState, "{} is pending deletion.", key.arn());
}

void check_enabled(const Key& key) {
  check_not_pending(key);
  if (!key.enabled) throw Error(kDisabled, "{} is disabled.", key.arn());
}

}  // namespace cairn::kms

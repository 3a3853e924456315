#include <array>

#include "api/operation.h"
#include "services/kms/access.h"
#include "services/kms/documents.h"
#include "services/kms/key.h"
#include "services/kms/page.h"

namespace cairn::kms {
namespace {

constexpr size_t kAliasesOfKeyMax = 50;
constexpr size_t kListed = 50, kListedMax = 100;

struct Alias {
  std::string key;  // its id
  Time created, updated;
};

std::string encode(const Alias& alias) {
  return json::dump(Json{
      {"key", alias.key}, {"created", alias.created.time_since_epoch().count()}, {"updated", alias.updated.time_since_epoch().count()}});
}

Alias decode_alias(const std::string& document) {
  const Json json = json::parse(document).value();
  const auto time = [&](const char* member) { return Time(std::chrono::milliseconds(json.at(member).get<int64_t>())); };
  return {json.at("key").get<std::string>(), time("created"), time("updated")};
}

/// Of aliases that are made or changed: those of AWS's services are not the account's.
std::string own_name(const api::Call& call) {
  std::string name = call.in["AliasName"].get<std::string>();
  if (!name.starts_with("alias/"))
    throw Error(aws::kValidation,
                "Alias must start with the prefix \"alias/\". Please see "
                "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html");
  if (name.starts_with("alias/aws/")) throw Error(kNotAuthorized, "");
  if (name == "alias/") throw Error(kInvalidAliasName, "An alias has a name behind alias/.");
  return name;
}

void show_alias(api::Call& call, const std::string& name) {
  call.resources.push_back({.type = "AWS::KMS::Key", .arn = alias_arn(call.account, call.region, name), .account = call.account});
}

/// The key that an alias is to mean.
Key target(api::Call& call, std::string_view action) {
  const std::string id = call.in["TargetKeyId"].get<std::string>();
  if (id.starts_with("alias/") || id.find(":alias/") != std::string::npos)
    throw Error(aws::kValidation, "Aliases must refer to keys. Not aliases");
  Named named = find_key(call, id, Names::kKeys);
  require(call, named, {.action = action});
  check_not_pending(named.key);
  const std::string prefix = documents::aliases_of(named.key.id);
  if (call.state->list(prefix, "", kAliasesOfKeyMax).items.size() == kAliasesOfKeyMax)
    throw Error(kLimitExceeded, "The key {} already has {} aliases.", named.key.arn(), kAliasesOfKeyMax);
  return std::move(named.key);
}

Alias open_alias(api::Call& call, const std::string& name) {
  const std::optional<std::string> document = call.state->get(documents::alias(call.account, call.region, name));
  if (!document) {
    call.recorded_in = Json::object();
    throw Error(kNotFound, "Alias {} is not found.", alias_arn(call.account, call.region, name));
  }
  return decode_alias(*document);
}

void put(api::Call& call, const std::string& name, const Alias& alias) {
  call.state->put(documents::alias(call.account, call.region, name), encode(alias));
  call.state->put(documents::alias_of(alias.key, name), "");
}

void create_alias(api::Call& call) {
  const std::string name = own_name(call), arn = alias_arn(call.account, call.region, name);
  require_own(call, "CreateAlias", arn);
  const Key key = target(call, "CreateAlias");
  show_alias(call, name);
  if (call.state->exists(documents::alias(call.account, call.region, name)))
    throw Error(kAlreadyExists, "An alias with the name {} already exists", arn);
  put(call, name, {key.id, call.now, call.now});
  answer_nothing(call, key);
}

void update_alias(api::Call& call) {
  const std::string name = own_name(call);
  require_own(call, "UpdateAlias", alias_arn(call.account, call.region, name));
  Alias alias = open_alias(call, name);
  show_alias(call, name);
  const std::optional<Key> before = key_of_id(call, alias.key);
  if (before) require(call, {*before, name}, {.action = "UpdateAlias"});
  const Key key = target(call, "UpdateAlias");
  call.state->erase(documents::alias_of(alias.key, name));
  alias.key = key.id;
  alias.updated = call.now;
  put(call, name, alias);
  answer_nothing(call, key);
}

void delete_alias(api::Call& call) {
  const std::string name = own_name(call);
  require_own(call, "DeleteAlias", alias_arn(call.account, call.region, name));
  const Alias alias = open_alias(call, name);
  show_alias(call, name);
  if (const std::optional<Key> key = key_of_id(call, alias.key)) {
    show_key(call, *key);
    require(call, {*key, name}, {.action = "DeleteAlias"});
    answer_nothing(call, *key);
  }
  call.state->erase(documents::alias(call.account, call.region, name));
  call.state->erase(documents::alias_of(alias.key, name));
}

Json list_entry(const api::Call& call, const std::string& name, const Alias& alias) {
  return {{"AliasName", name},
          {"AliasArn", alias_arn(call.account, call.region, name)},
          {"TargetKeyId", alias.key},
          {"CreationDate", timestamps::iso8601_millis(alias.created)},
          {"LastUpdatedDate", timestamps::iso8601_millis(alias.updated)}};
}

/// Differs from AWS: the predefined aliases of AWS's services (alias/aws/s3 ...), which mean no key there either until one is needed,
/// are not listed.
void list_aliases(api::Call& call) {
  require_own(call, "ListAliases");
  call.out["Aliases"] = Json::array();
  const auto add = [&](const std::string& name, const std::string& document) {
    call.out["Aliases"].push_back(list_entry(call, name, decode_alias(document)));
  };
  if (!call.in.contains("KeyId")) {
    for (const state::Item& item : list_page(call, documents::aliases_in(call.account, call.region), kListed, kListedMax))
      add(item.key, item.value);
    return;
  }
  const Named named = find_key(call, call.in["KeyId"].get<std::string>(), Names::kKeys);
  for (const state::Item& item : list_page(call, documents::aliases_of(named.key.id), kListed, kListedMax))
    if (const auto document = call.state->get(documents::alias(call.account, call.region, item.key))) add(item.key, *document);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateAlias", create_alias},
    {"DeleteAlias", delete_alias},
    {"ListAliases", list_aliases},
    {"UpdateAlias", update_alias},
});

}  // namespace
}  // namespace cairn::kms

namespace cairn::services {
extern const api::Family kms_aliases;
const api::Family kms_aliases{.service = "kms", .operations = kms::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

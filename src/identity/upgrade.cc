#include "identity/upgrade.h"

#include "base/json.h"
#include "base/text.h"
#include "identity/accounts.h"
#include "identity/aws_managed.h"
#include "identity/documents.h"

namespace cairn::identity {
namespace {

constexpr const char* kFormatKey = "iam/format";
constexpr const char* kFormat = "2";  // 1, which says nothing: secrets lay in the clear
constexpr const char* kAccessKeys = "iam/access-key/";
constexpr const char* kMfaDevices = "iam/mfa-device/";
constexpr size_t kSealedPerEntry = 500;

/// A directory from before there were policies has one user, and whatever keys were made with it: its administrator, who gets
/// AdministratorAccess and knows their keys from then on.
void make_administrator(state::Transaction& state, const aws::AccountId& account) {
  const std::string name = "admin";
  const std::optional<std::string> text = state.get(entity_key(Entity::Kind::kUser, account, name));
  const Result<Json> json = text ? json::parse(*text) : failure("no such user");
  if (!json || !json->is_object() || json->contains("name")) return;
  Entity user = decode_entity(Entity::Kind::kUser, account, *text);
  user.name = name;
  for (const state::Item& item : state.list(kAccessKeys, kAccessKeys, state::Transaction::kListMax).items) {
    const AccessKey key = decode_access_key(aws::AccessKeyId(item.key.substr(std::string_view(kAccessKeys).size())), item.value);
    if (key.account == account && key.user == user.name) user.access_keys.push_back(key.id.str());
  }
  attach(state, user, kAdministratorAccess);
}

/// Puts `sealed` in place of the member `clear`, in documents below `prefix`; no more than `most`. Returns how many.
size_t seal_members(state::Transaction& state, const state::Sealer& sealer, const std::string& prefix, const char* clear, bool is_base64,
                    size_t most) {
  size_t count = 0;
  std::string after;
  for (bool more = true; more && count < most;) {
    const state::Page page = state.list(prefix, after, state::Transaction::kListMax);
    more = page.more;
    for (const state::Item& item : page.items) {
      after = item.key;
      Result<Json> document = json::parse(item.value);
      if (!document || !document->is_object() || !document->contains(clear)) continue;
      if (count == most) break;
      std::string secret = document->value(clear, "");
      if (is_base64) secret = text::from_base64(secret).value_or("");
      document->erase(clear);
      (*document)["sealed"] = sealer.seal(Secret(std::move(secret)), item.key);
      state.put(item.key, json::dump(*document));
      ++count;
    }
  }
  return count;
}

}  // namespace

void upgrade(state::Transaction& state, const state::Sealer& sealer, const aws::AccountId& account) {
  if (state.get(kFormatKey) == kFormat) return;
  make_administrator(state, account);
  size_t sealed = seal_members(state, sealer, kAccessKeys, "secret", false, kSealedPerEntry);
  sealed += seal_members(state, sealer, kMfaDevices, "seed", true, kSealedPerEntry - sealed);
  if (sealed < kSealedPerEntry) mark_as_current(state);
}

void mark_as_current(state::Transaction& state) { state.put(kFormatKey, kFormat); }

}  // namespace cairn::identity

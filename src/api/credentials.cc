#include "api/credentials.h"

#include "aws/sigv4.h"
#include "identity/accounts.h"
#include "identity/documents.h"

namespace cairn::api {

Credentials::Credentials(state::Store& store, const state::Sealer& sealer)
    : store_(store), sealer_(sealer), watch_(store.watch(identity::kPrefix)) {}

std::optional<Credentials::Found> Credentials::find(const aws::AccessKeyId& key, std::string_view session_token, std::string_view date,
                                                    const aws::Region& region, std::string_view service) {
  if (!session_token.empty()) return std::nullopt;
  // The version before the documents: a change in between leaves an entry that the next call drops, never a stale one.
  const uint64_t version = watch_.version();
  std::lock_guard lock(mutex_);
  auto at = entries_.find(key);
  if (at != entries_.end() && at->second.version != version) {
    entries_.erase(at);
    at = entries_.end();
  }
  if (at == entries_.end()) {
    std::optional<Entry> entry = load(key);
    if (!entry) return std::nullopt;
    if (!state::Watch::is_settled(version)) return Found{entry->principal, derive(*entry, date, region, service)};
    entry->version = version;
    if (entries_.size() >= kKeysMax) entries_.clear();
    at = entries_.emplace(key, std::move(*entry)).first;
  }
  return Found{at->second.principal, derive(at->second, date, region, service)};
}

std::optional<Credentials::Entry> Credentials::load(const aws::AccessKeyId& id) const {
  state::Transaction state(store_);
  const std::optional<identity::AccessKey> key = identity::find_access_key(state, id);
  if (!key || !key->active) return std::nullopt;
  aws::Principal principal = key->account.empty() ? identity::owner_principal() : identity::root_principal(key->account);
  if (!key->user.empty()) {
    const std::optional<identity::Entity> user = identity::find_entity(state, identity::Entity::Kind::kUser, key->account, key->user);
    if (!user) return std::nullopt;
    principal = identity::user_principal(*user);
  }
  principal.access_key = id;
  Entry entry;
  entry.principal = std::make_shared<const aws::Principal>(std::move(principal));
  entry.secret = identity::unseal(sealer_, *key);
  return entry;
}

const std::string& Credentials::derive(Entry& entry, std::string_view date, const aws::Region& region, std::string_view service) {
  for (const Scope& scope : entry.scopes)
    if (scope.date == date && scope.service == service && scope.region == region.str()) return scope.signing_key;
  Scope scope{std::string(date), region.str(), std::string(service), aws::sigv4::signing_key(entry.secret, date, region.str(), service)};
  if (entry.scopes.size() < kScopesMax) return entry.scopes.emplace_back(std::move(scope)).signing_key;
  Scope& replaced = entry.scopes[entry.oldest++ % kScopesMax];
  replaced = std::move(scope);
  return replaced.signing_key;
}

}  // namespace cairn::api

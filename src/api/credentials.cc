#include "api/credentials.h"

#include "aws/sigv4.h"
#include "base/crypto.h"
#include "identity/accounts.h"
#include "identity/documents.h"
#include "identity/session.h"

namespace cairn::api {

Credentials::Credentials(state::Store& store, const state::Sealer& sealer)
    : store_(store), sealer_(sealer), watch_(store.watch(identity::kPrefix)) {}

std::optional<Credentials::Found> Credentials::find(const aws::AccessKeyId& key, std::string_view session_token, std::string_view date,
                                                    const aws::Region& region, std::string_view service) {
  const std::string digest = session_token.empty() ? std::string() : crypto::sha256(session_token);
  const auto found = [&](Entry& entry) { return Found{entry.principal, derive(entry, date, region, service), entry.expires}; };
  // The version before the documents: a change in between leaves an entry that the next call drops, never a stale one.
  const uint64_t version = watch_.version();
  std::unique_lock lock(mutex_);
  const auto at = entries_.find(key);
  if (at != entries_.end() && at->second.version == version && at->second.token_digest == digest) return found(at->second);
  lock.unlock();  // whoever comes with what opens nothing keeps nobody waiting
  std::optional<Entry> entry = session_token.empty() ? load(key) : load_session(key, session_token);
  if (!entry) return std::nullopt;
  entry->token_digest = digest;
  entry->version = version;
  if (!state::Watch::is_settled(version)) return found(*entry);
  lock.lock();
  if (entries_.size() >= kKeysMax) entries_.clear();
  return found(entries_.insert_or_assign(key, std::move(*entry)).first->second);
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

std::optional<Credentials::Entry> Credentials::load_session(const aws::AccessKeyId& key, std::string_view token) const {
  std::optional<identity::Session> session = identity::open_token(sealer_, token);
  if (!session || session->access_key != key) return std::nullopt;
  state::Transaction state(store_);
  std::optional<aws::Principal> principal = identity::session_principal(state, *session);
  if (!principal) return std::nullopt;
  Entry entry;
  entry.principal = std::make_shared<const aws::Principal>(std::move(*principal));
  entry.secret = std::move(session->secret);
  entry.expires = session->expires;
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

#include "api/credentials.h"

#include "aws/sigv4.h"
#include "base/json.h"

namespace cairn::api {
namespace {

constexpr const char* kIdLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr const char* kSecretLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kSecretLength = 40;

constexpr const char* kAccounts = "iam/account/";

std::string user_arn(const aws::AccountId& account, std::string_view name) {
  return fmt::format("arn:aws:iam::{}:user/{}", account.str(), name);
}

}  // namespace

std::string account_document(const aws::AccountId& account) { return kAccounts + account.str(); }
std::string user_document(const aws::AccountId& account, std::string_view name) {
  return fmt::format("iam/user/{}/{}", account.str(), name);
}
std::string access_key_document(const aws::AccessKeyId& key) { return "iam/access-key/" + key.str(); }

bool has_account(state::Transaction& state) { return !state.list(kAccounts, "", 1).items.empty(); }

aws::Principal root_principal(const aws::AccountId& account) {
  aws::Principal root;
  root.kind = aws::Principal::Kind::kRoot;
  root.account = account;
  root.principal_id = account.str();
  root.arn = fmt::format("arn:aws:iam::{}:root", account.str());
  root.is_administrator = true;
  return root;
}

void make_administrator(state::Transaction& state, env::Random& random, Time now, const aws::AccountId& account, const std::string& name) {
  state.put(user_document(account, name), json::dump({{"id", "AIDA" + random.letters(17, kIdLetters)},
                                                      {"arn", user_arn(account, name)},
                                                      {"path", "/"},
                                                      {"created", timestamps::iso8601(now)},
                                                      {"administrator", true}}));
}

NewCredentials make_access_key(state::Transaction& state, env::Random& random, Time now, const aws::AccountId& account,
                               const std::string& user) {
  NewCredentials made{aws::AccessKeyId("AKIA" + random.letters(16, kIdLetters)), Secret(random.letters(kSecretLength, kSecretLetters))};
  state.put(access_key_document(made.access_key), json::dump({{"account", account.str()},
                                                              {"user", user},
                                                              {"secret", made.secret.reveal()},
                                                              {"status", "Active"},
                                                              {"created", timestamps::iso8601(now)}}));
  return made;
}

NewCredentials make_first_account(state::Transaction& state, env::Random& random, Time now, const aws::AccountId& account) {
  const std::string name = "admin";
  state.put(account_document(account), json::dump({{"created", timestamps::iso8601(now)}}));
  make_administrator(state, random, now, account, name);
  return make_access_key(state, random, now, account, name);
}

Credentials::Credentials(Documents documents) : documents_(std::move(documents)) {}

Credentials::Credentials(state::Store& store)
    : Credentials([&store](const std::string& key) { return state::Transaction(store).get(key); }) {}

std::optional<Credentials::Found> Credentials::find(const aws::AccessKeyId& key, std::string_view session_token, std::string_view date,
                                                    const aws::Region& region, std::string_view service) {
  if (!session_token.empty()) return std::nullopt;
  // The generation before the documents: a change in between leaves an entry that the next call drops, never a stale one.
  const uint64_t generation = generation_.load(std::memory_order_acquire);
  std::lock_guard lock(mutex_);
  auto at = entries_.find(key);
  if (at != entries_.end() && at->second.generation != generation) {
    entries_.erase(at);
    at = entries_.end();
  }
  if (at == entries_.end()) {
    std::optional<Entry> entry = load(key);
    if (!entry) return std::nullopt;
    entry->generation = generation;
    if (entries_.size() >= kKeysMax) entries_.clear();
    at = entries_.emplace(key, std::move(*entry)).first;
  }
  return Found{at->second.principal, derive(at->second, date, region, service)};
}

std::optional<Credentials::Entry> Credentials::load(const aws::AccessKeyId& key) const {
  const std::optional<std::string> key_text = documents_(access_key_document(key));
  if (!key_text) return std::nullopt;
  const Result<Json> found = json::parse(*key_text);
  if (!found || found->value("status", "") != "Active") return std::nullopt;
  const aws::AccountId account(found->value("account", ""));
  const std::string name = found->value("user", "");

  aws::Principal principal = root_principal(account);
  if (!name.empty()) {
    const std::optional<std::string> user_text = documents_(user_document(account, name));
    const Result<Json> user = user_text ? json::parse(*user_text) : failure("no such user");
    if (!user) return std::nullopt;
    principal.kind = aws::Principal::Kind::kUser;
    principal.principal_id = user->value("id", "");
    principal.arn = user->value("arn", "");
    principal.user_name = name;
    principal.is_administrator = user->value("administrator", false);
  }
  principal.access_key = key;
  Entry entry;
  entry.principal = std::make_shared<const aws::Principal>(std::move(principal));
  entry.secret = Secret(found->value("secret", ""));
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

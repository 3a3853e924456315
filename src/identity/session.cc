#include "identity/session.h"

#include <algorithm>

#include "base/aead.h"
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "identity/accounts.h"

namespace cairn::identity {
namespace {

constexpr std::string_view kVersion = "\x01";
constexpr std::string_view kLabel = "cairn session token";
constexpr size_t kSaltBytes = 16;
constexpr size_t kHeadBytes = 1 + kSaltBytes + crypto::kAeadNonceBytes;
constexpr std::string_view kKeyLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr const char* kSecretLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kSecretLength = 40;
constexpr std::string_view kTemporary = "ASIA";
constexpr size_t kKeyIdLetters = 16;
// The first 48 bits of an id: one that is set, 40 of the account's number, and seven of chance; then 32 more of chance.
constexpr int kAccountShift = 7;
constexpr uint64_t kAccountsEnd = 1'000'000'000'000;

int64_t seconds(Time t) { return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count(); }
Time from_seconds(int64_t s) { return Time(std::chrono::seconds(s)); }

/// Short member names: a token travels with every call.
Json document_of(const Session& session) {
  Json document{{"k", session.access_key.str()}, {"s", session.secret.reveal()},        {"i", seconds(session.issued)},
                {"x", seconds(session.expires)}, {"t", static_cast<int>(session.kind)}, {"a", session.account.str()}};
  const auto text = [&](const char* name, const std::string& value) {
    if (!value.empty()) document[name] = value;
  };
  text("f", session.issuer);
  text("d", session.issuer_id);
  text("n", session.name);
  text("u", session.source_identity);
  text("w", session.provider);
  if (session.mfa) document["m"] = true;
  if (session.limits.is_chained) document["c"] = true;
  if (!session.limits.policies.empty()) document["p"] = session.limits.policies;
  if (!session.limits.policy_arns.empty()) document["r"] = session.limits.policy_arns;
  for (const auto& [key, value] : session.limits.tags) document["g"].push_back({key, value});
  if (!session.limits.transitive_tags.empty()) document["v"] = session.limits.transitive_tags;
  return document;
}

Session session_of(const Json& document) {
  const auto text = [&](const char* name) { return document.value(name, std::string()); };
  const auto list = [&](const char* name) { return document.value(name, std::vector<std::string>()); };
  Session session;
  session.kind = static_cast<Session::Kind>(document.at("t").get<int>());
  session.access_key = aws::AccessKeyId(text("k"));
  session.secret = Secret(text("s"));
  session.issued = from_seconds(document.at("i").get<int64_t>());
  session.expires = from_seconds(document.at("x").get<int64_t>());
  session.account = aws::AccountId(text("a"));
  session.issuer = text("f");
  session.issuer_id = text("d");
  session.name = text("n");
  session.source_identity = text("u");
  session.provider = text("w");
  session.mfa = document.value("m", false);
  session.limits.is_chained = document.value("c", false);
  session.limits.policies = list("p");
  session.limits.policy_arns = list("r");
  if (const auto tags = document.find("g"); tags != document.end())
    for (const Json& tag : *tags) session.limits.tags.emplace_back(tag.at(0).get<std::string>(), tag.at(1).get<std::string>());
  session.limits.transitive_tags = list("v");
  return session;
}

Json issuer_of(std::string_view type, const aws::Principal& principal) {
  Json issuer{{"type", type}, {"principalId", principal.principal_id}, {"arn", principal.arn}, {"accountId", principal.account.str()}};
  if (!principal.user_name.empty()) issuer["userName"] = principal.user_name;
  return issuer;
}

/// In AWS's order: sessionIssuer, webIdFederationData, attributes, sourceIdentity.
std::shared_ptr<const Json> context_of(const Session& session, Json issuer) {
  Json context = Json::object();
  if (!issuer.is_null()) context["sessionIssuer"] = std::move(issuer);
  if (!session.provider.empty()) context["webIdFederationData"] = {{"federatedProvider", session.provider}, {"attributes", Json::object()}};
  context["attributes"] = {{"creationDate", timestamps::iso8601(session.issued)}, {"mfaAuthenticated", session.mfa ? "true" : "false"}};
  if (!session.source_identity.empty()) context["sourceIdentity"] = session.source_identity;
  return std::make_shared<const Json>(std::move(context));
}

aws::Principal role_session(const Session& session, const Entity& role) {
  aws::Principal principal;
  principal.kind = aws::Principal::Kind::kAssumedRole;
  principal.principal_id = fmt::format("{}:{}", role.id, session.name);
  principal.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", role.account.str(), role.name, session.name);
  principal.session_context = context_of(
      session,
      {{"type", "Role"}, {"principalId", role.id}, {"arn", role.arn()}, {"accountId", role.account.str()}, {"userName", role.name}});
  return principal;
}

aws::Principal federated_user(const Session& session, const aws::Principal& issuer) {
  aws::Principal principal;
  principal.kind = aws::Principal::Kind::kFederatedUser;
  principal.principal_id = fmt::format("{}:{}", session.account.str(), session.name);
  principal.arn = fmt::format("arn:aws:sts::{}:federated-user/{}", session.account.str(), session.name);
  principal.session_context = context_of(session, issuer_of(issuer.kind == aws::Principal::Kind::kRoot ? "Root" : "IAMUser", issuer));
  return principal;
}

/// Root, or the user of that name if it still is the same.
std::optional<aws::Principal> issuing_user(state::Transaction& state, const Session& session) {
  if (session.issuer.empty()) return root_principal(session.account);
  const std::optional<Entity> user = find_entity(state, Entity::Kind::kUser, session.account, session.issuer);
  if (!user || user->id != session.issuer_id) return std::nullopt;
  return user_principal(*user);
}

}  // namespace

std::string seal_token(const state::Sealer& sealer, env::Random& random, const Session& session) {
  const std::string salt = random.bytes(kSaltBytes), nonce = random.bytes(crypto::kAeadNonceBytes);
  const Secret plain(json::dump(document_of(session)));
  const std::string head = std::string(kVersion) + salt + nonce;
  return text::base64(head + crypto::aes256_gcm_seal(sealer.derive(kLabel, salt), nonce, plain.reveal(), kVersion));
}

std::optional<Session> open_token(const state::Sealer& sealer, std::string_view token) {
  if (token.size() > kTokenCharactersMax) return std::nullopt;
  const std::optional<std::string> bytes = text::from_base64(token);
  if (!bytes || bytes->size() < kHeadBytes || !bytes->starts_with(kVersion)) return std::nullopt;
  const std::string_view all = *bytes, salt = all.substr(1, kSaltBytes);
  const std::optional<Secret> plain = crypto::aes256_gcm_open(
      sealer.derive(kLabel, salt), all.substr(1 + kSaltBytes, crypto::kAeadNonceBytes), all.substr(kHeadBytes), kVersion);
  if (!plain) return std::nullopt;
  const Result<Json> document = json::parse(plain->reveal());
  CHECK(document.has_value() && document->is_object());  // nobody but seal_token can have written it
  return session_of(*document);
}

void draw_credentials(env::Random& random, Session& session) {
  const uint64_t account = text::to_uint(session.account.str()).value_or(0);
  CHECK(account < kAccountsEnd);
  const std::string chance = random.bytes(5);
  uint64_t head = uint64_t{1} << 47 | account << kAccountShift | (static_cast<unsigned char>(chance[4]) & 0x7F);
  std::string bytes;
  for (int shift = 40; shift >= 0; shift -= 8) bytes += static_cast<char>(head >> shift & 0xFF);
  bytes += chance.substr(0, 4);
  std::string id(kTemporary);
  for (size_t letter = 0; letter < kKeyIdLetters; ++letter) {
    size_t value = 0;
    for (size_t bit = letter * 5; bit < letter * 5 + 5; ++bit)
      value = value << 1 | (static_cast<unsigned char>(bytes[bit / 8]) >> (7 - bit % 8) & 1);
    id += kKeyLetters[value];
  }
  session.access_key = aws::AccessKeyId(std::move(id));
  session.secret = Secret(random.letters(kSecretLength, kSecretLetters));
}

std::optional<aws::AccountId> account_of_temporary_key(std::string_view id) {
  if (id.size() != kTemporary.size() + kKeyIdLetters || !id.starts_with(kTemporary)) return std::nullopt;
  uint64_t head = 0;  // of the first 50 bits
  for (const char letter : id.substr(kTemporary.size(), 10)) {
    const size_t value = kKeyLetters.find(letter);
    if (value == std::string_view::npos) return std::nullopt;
    head = head << 5 | value;
  }
  const uint64_t account = head >> (2 + kAccountShift) & ((uint64_t{1} << 40) - 1);
  if (account >= kAccountsEnd) return std::nullopt;
  return aws::AccountId(fmt::format("{:012}", account));
}

std::optional<aws::Principal> session_principal(state::Transaction& state, const Session& session) {
  std::optional<aws::Principal> principal;
  if (session.kind == Session::Kind::kRole) {
    const std::optional<Entity> role = find_entity(state, session.issuer);
    if (!role || role->kind != Entity::Kind::kRole || role->id != session.issuer_id) return std::nullopt;
    principal = role_session(session, *role);
  } else {
    principal = issuing_user(state, session);
    if (!principal) return std::nullopt;
    if (session.kind == Session::Kind::kFederatedUser) principal = federated_user(session, *principal);
    else principal->session_context = context_of(session, nullptr);
  }
  principal->account = session.account;
  principal->access_key = session.access_key;
  principal->session = std::make_shared<const aws::Session>(session.limits);
  return principal;
}

}  // namespace cairn::identity

#include "identity/jwt.h"

#include "base/text.h"

namespace cairn::identity {
namespace {

/// base64url without padding, as all parts of these documents are.
std::optional<std::string> decode(std::string_view s) {
  std::string plain(s);
  for (char& c : plain) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    c = c == '-' ? '+' : c == '_' ? '/' : c;
  }
  plain.append((4 - plain.size() % 4) % 4, '=');
  return text::from_base64(plain);
}

std::optional<Json> decode_object(std::string_view part) {
  const std::optional<std::string> text = decode(part);
  if (!text) return std::nullopt;
  Result<Json> json = json::parse(*text, json::Duplicates::kRefused);
  if (!json || !json->is_object()) return std::nullopt;
  return std::move(*json);
}

std::string text_of(const Json& object, std::string_view name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::optional<crypto::PublicKey> read_key(const Json& key) {
  if (const std::string use = text_of(key, "use"); !use.empty() && use != "sig") return std::nullopt;
  const std::string type = text_of(key, "kty");
  const auto number = [&](const char* name) { return decode(text_of(key, name)).value_or(""); };
  if (type == "RSA") return crypto::PublicKey::rsa(number("n"), number("e"));
  if (type == "EC" && text_of(key, "crv") == "P-256") return crypto::PublicKey::p256(number("x"), number("y"));
  return std::nullopt;
}

crypto::PublicKey::Kind kind_for(const Jwt& token) {
  return token.algorithm == "ES256" ? crypto::PublicKey::Kind::kP256 : crypto::PublicKey::Kind::kRsa;
}

}  // namespace

std::string Jwt::text(std::string_view claim) const { return text_of(claims, claim); }

std::optional<Jwt> parse_jwt(std::string_view token) {
  const std::vector<std::string_view> parts = text::split(token, '.');
  if (parts.size() != 3) return std::nullopt;
  const std::optional<Json> header = decode_object(parts[0]);
  std::optional<Json> claims = decode_object(parts[1]);
  std::optional<std::string> signature = decode(parts[2]);
  if (!header || !claims || !signature || header->contains("crit")) return std::nullopt;
  Jwt jwt{.algorithm = text_of(*header, "alg"),
          .key_id = text_of(*header, "kid"),
          .claims = std::move(*claims),
          .signed_part = std::string(token.substr(0, parts[0].size() + 1 + parts[1].size())),
          .signature = std::move(*signature)};
  if (jwt.algorithm != "RS256" && jwt.algorithm != "ES256") return std::nullopt;
  return jwt;
}

std::optional<std::vector<JsonWebKey>> parse_jwks(std::string_view text) {
  const Result<Json> document = json::parse(text);
  if (!document || !document->is_object()) return std::nullopt;
  const auto list = document->find("keys");
  if (list == document->end() || !list->is_array()) return std::nullopt;
  std::vector<JsonWebKey> keys;
  for (const Json& each : *list) {
    if (keys.size() == kJwksKeysMax) break;
    if (!each.is_object()) continue;
    if (std::optional<crypto::PublicKey> key = read_key(each)) keys.push_back({text_of(each, "kid"), std::move(*key)});
  }
  return keys;
}

const JsonWebKey* key_of(const Jwt& token, const std::vector<JsonWebKey>& keys) {
  const JsonWebKey* found = nullptr;
  for (const JsonWebKey& key : keys) {
    if (key.key.kind() != kind_for(token) || (!token.key_id.empty() && key.id != token.key_id)) continue;
    if (found != nullptr) return nullptr;  // it does not say which
    found = &key;
  }
  return found;
}

bool is_signed(const Jwt& token, const JsonWebKey& key) {
  return key.key.kind() == kind_for(token) && key.key.verify_sha256(token.signed_part, token.signature);
}

}  // namespace cairn::identity

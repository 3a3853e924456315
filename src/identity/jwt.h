#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/public_key.h"

/// JSON Web Tokens and the keys that sign them (RFC 7515, 7517, 7519), as far as OpenID Connect providers need: RS256 and ES256. From
/// strangers: any bytes whatever.
namespace cairn::identity {

constexpr size_t kJwksKeysMax = 100;  // of one document; later ones are not looked at

/// A token taken apart. Nothing of it is true before its signature was verified.
struct Jwt {
  std::string algorithm, key_id;
  Json claims;  // an object
  std::string signed_part, signature;

  std::string text(std::string_view claim) const;  // "" where it is absent or no text
};
std::optional<Jwt> parse_jwt(std::string_view token);

struct JsonWebKey {
  std::string id;  // "": has none
  crypto::PublicKey key;
};
/// The keys of a JWKS document that can verify signatures here; others are left out. nullopt: it is none.
std::optional<std::vector<JsonWebKey>> parse_jwks(std::string_view text);

/// The key that a token names, or the only one there is where it names none; null: there is none of that kind.
const JsonWebKey* key_of(const Jwt& token, const std::vector<JsonWebKey>& keys);
bool is_signed(const Jwt& token, const JsonWebKey& key);

}  // namespace cairn::identity

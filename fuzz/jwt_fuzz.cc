#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "identity/jwt.h"

/// Any bytes whatever as a JSON Web Token and as a set of keys: reading them ends, and what is read can be asked.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn::identity;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto token = parse_jwt(bytes)) {
    CHECK(token->claims.is_object() && token->signed_part.size() < size);
    CHECK(token->algorithm == "RS256" || token->algorithm == "ES256");
  }
  if (const auto keys = parse_jwks(bytes)) {
    CHECK(keys->size() <= kJwksKeysMax);
    Jwt token{.algorithm = "RS256", .key_id = "", .claims = {}, .signed_part = "a.b", .signature = "c"};
    for (const JsonWebKey& key : *keys) CHECK(!is_signed(token, key));
  }
  return 0;
}

#include "identity/jwt.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "env/sim/random.h"

namespace cairn::identity {
namespace {

// RFC 7515, appendix A.2 and A.3.
constexpr std::string_view kPayload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const std::string kRs256 =
    "eyJhbGciOiJSUzI1NiJ9." + std::string(kPayload) +
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
    "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1p"
    "hCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const std::string kEs256 = "eyJhbGciOiJFUzI1NiJ9." + std::string(kPayload) +
                           ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
constexpr std::string_view kRsaKey =
    R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})";
constexpr std::string_view kEcKey =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";

std::vector<JsonWebKey> keys(std::string_view list) { return parse_jwks(fmt::format(R"({{"keys":[{}]}})", list)).value(); }

TEST(Jwt, SignaturesOfTheRfcHold) {
  const std::vector<JsonWebKey> both = keys(fmt::format("{},{}", kRsaKey, kEcKey));
  ASSERT_EQ(both.size(), 2u);
  for (const std::string& text : {kRs256, kEs256}) {
    const std::optional<Jwt> token = parse_jwt(text);
    ASSERT_TRUE(token);
    EXPECT_EQ(token->text("iss"), "joe");
    const JsonWebKey* key = key_of(*token, both);
    ASSERT_NE(key, nullptr);
    EXPECT_TRUE(is_signed(*token, *key));
    EXPECT_FALSE(is_signed(*token, key == both.data() ? both[1] : both[0])) << "the other's";
  }
}

TEST(Jwt, NoChangedTokenIsSigned) {
  const std::vector<JsonWebKey> both = keys(fmt::format("{},{}", kRsaKey, kEcKey));
  env::SimRandom random{1};
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  for (int i = 0; i < 4000; ++i) {
    const std::string& good = i % 2 == 0 ? kRs256 : kEs256;
    std::string changed = good;
    const std::string chance = random.bytes(3);
    const size_t at = (static_cast<unsigned char>(chance[0]) << 8 | static_cast<unsigned char>(chance[1])) % changed.size();
    changed[at] = kLetters[static_cast<unsigned char>(chance[2]) % kLetters.size()];
    const std::optional<Jwt> token = parse_jwt(changed);
    if (!token) continue;
    const std::optional<Jwt> original = parse_jwt(good);
    if (token->signed_part == original->signed_part && token->signature == original->signature) continue;  // spare bits of base64
    for (const JsonWebKey& key : both) ASSERT_FALSE(is_signed(*token, key)) << changed;
  }
}

TEST(Jwt, WhatIsNoTokenIsNone) {
  const auto token = [](std::string_view header, std::string_view claims) {
    const auto encode = [](std::string_view s) {
      std::string out = text::base64(s);
      for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
      out.resize(out.find_last_not_of('=') + 1);
      return out;
    };
    return encode(header) + "." + encode(claims) + ".AAAA";
  };
  EXPECT_TRUE(parse_jwt(token(R"({"alg":"RS256"})", "{}")));
  for (const std::string& wrong :
       {std::string(), std::string("a.b"), std::string("..."), token(R"({"alg":"none"})", "{}"), token(R"({"alg":"HS256"})", "{}"),
        token("{}", "{}"), token("[]", "{}"), token(R"({"alg":"RS256"})", "[]"), token(R"({"alg":"RS256","crit":["exp"]})", "{}"),
        token(R"({"alg":"RS256","alg":"none"})", "{}"), token(R"({"alg":"RS256"})", R"({"sub":"a","sub":"b"})"),
        token(R"({"alg":"RS256"})", "{}") + "=", token(R"({"alg":"RS256"})", "{}") + ".AAAA"})
    EXPECT_FALSE(parse_jwt(wrong)) << wrong;
}

TEST(Jwks, KeysThatCannotBeUsedAreLeftOut) {
  EXPECT_FALSE(parse_jwks(""));
  EXPECT_FALSE(parse_jwks("[]"));
  EXPECT_FALSE(parse_jwks("{}"));
  EXPECT_TRUE(keys("").empty());
  EXPECT_TRUE(keys(R"({"kty":"oct","k":"AAAA"})").empty()) << "a shared secret is no proof";
  EXPECT_TRUE(keys(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})").empty()) << "too short";
  EXPECT_TRUE(keys(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                   R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1"})")
                  .empty())
      << "not on the curve";
  const std::string encrypting = std::string(kRsaKey.substr(0, kRsaKey.size() - 1)) + R"(,"use":"enc"})";
  EXPECT_TRUE(keys(encrypting).empty());
}

TEST(Jwks, ATokenThatNamesItsKeyGetsNoOther) {
  const auto named = [](std::string_view key, std::string_view id) {
    return fmt::format(R"({},"kid":"{}"}})", key.substr(0, key.size() - 1), id);
  };
  Jwt token = *parse_jwt(kRs256);
  const std::vector<JsonWebKey> two = keys(named(kRsaKey, "a") + "," + named(kRsaKey, "b"));
  EXPECT_EQ(key_of(token, two), nullptr) << "it does not say which";
  token.key_id = "b";
  EXPECT_EQ(key_of(token, two), &two[1]);
  token.key_id = "c";
  EXPECT_EQ(key_of(token, two), nullptr);
}

}  // namespace
}  // namespace cairn::identity

#include "base/rsa.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace cairn::crypto {
namespace {

const RsaKey& key() {
  static const RsaKey made = RsaKey::generate();
  return made;
}

TEST(Rsa, SignaturesAreVerifiedByThePublicHalf) {
  const std::string signature = key().sign_sha256("a message");
  EXPECT_EQ(signature.size(), 256u);
  EXPECT_EQ(signature, key().sign_sha256("a message"));  // PKCS #1 v1.5 draws nothing
  EXPECT_TRUE(verify_rsa_sha256(key().public_der(), "a message", signature));
  EXPECT_FALSE(verify_rsa_sha256(key().public_der(), "another message", signature));
  const RsaKey other = RsaKey::generate();
  EXPECT_FALSE(verify_rsa_sha256(other.public_der(), "a message", signature));
  EXPECT_TRUE(verify_rsa_sha256(other.public_der(), "a message", other.sign_sha256("a message")));
  EXPECT_TRUE(verify_rsa_sha256(key().public_der(), "a message", signature));
}

// `openssl genrsa 2048`, `openssl rsa -RSAPublicKey_out -outform DER`, `openssl rsa -pubout -outform DER`,
// `printf hello | openssl dgst -sha256 -sign`: made elsewhere, so that both halves cannot agree on a mistake.
TEST(Rsa, AgreesWithTheCommandLineOfOpenssl) {
  const std::string pkcs1 = *text::from_base64(
      "MIIBCgKCAQEApHLSOLMn6gGIpv5idnidRX8xVMyHfR0NAjnw46oUFXzXQ5cxW/vn8HsGqDVpYwmDWchW6YB4RoCyACuP30HWExpjuSekjWVzky"
      "w1+QommOu1k3pSadGAu8sa1tSnX2s1o5PZoDxP0TmQK7P29mPMvgxUf3ed3AfwXWm5eOPC66qD1aWSUm/pF9dcWAF5r2i+GqS/LiOXUNo4zE9Y"
      "Slx95SWffZ1aJLytnFTPyzdlz3CXt7ukkwpmtJIKdfnYygChGfDo3trGlWv7v8w7gv8PwoofGmGD4i+blPAckfghfNvATbP5woUqtG8FttK4AC"
      "6fDqFHb+mqmv2xJHu5lzfAOwIDAQAB");
  const std::string spki = *text::from_base64(
      "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApHLSOLMn6gGIpv5idnidRX8xVMyHfR0NAjnw46oUFXzXQ5cxW/vn8HsGqDVpYwmDWc"
      "hW6YB4RoCyACuP30HWExpjuSekjWVzkyw1+QommOu1k3pSadGAu8sa1tSnX2s1o5PZoDxP0TmQK7P29mPMvgxUf3ed3AfwXWm5eOPC66qD1aWS"
      "Um/pF9dcWAF5r2i+GqS/LiOXUNo4zE9YSlx95SWffZ1aJLytnFTPyzdlz3CXt7ukkwpmtJIKdfnYygChGfDo3trGlWv7v8w7gv8PwoofGmGD4i"
      "+blPAckfghfNvATbP5woUqtG8FttK4AC6fDqFHb+mqmv2xJHu5lzfAOwIDAQAB");
  const std::string signature = *text::from_base64(
      "RulTJwfkAYD8baExM6lgP+T55XeY9NBSeSXBelDtLZXFsYJp3+DkN+I3w+UKAd0qgiQhb5epxK1ndkL/welU/xEV1Eevgh4xHF+K2g+rcFe975"
      "DrLXJeL1ai/Ho9/BgGi2QOo7adO7syl9P6UXELmcnRLcpCmAlealnBQ815cBE8RpMIZz842tOFICOCWoRhPgW9Rj5XjEoo+XBJDCzviJV0qPtc"
      "Ic/QD63wbkF3ITsGViCdtMbSFE1K01ojhnWxVLHPfZaJcKjy6/Ktp92ERYdYZwR2W2ZIx0QYzkNdaVpzBtTuhjgOm13YKQTUeHg4rokxShO7JN"
      "qxPBKI03MjSA==");
  EXPECT_EQ(pkcs1.size(), 270u);
  EXPECT_TRUE(verify_rsa_sha256(pkcs1, "hello", signature));
  EXPECT_TRUE(verify_rsa_sha256(spki, "hello", signature));
}

TEST(Rsa, KeepsItsKeyAsPem) {
  const Secret pem = key().pem();
  EXPECT_TRUE(pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));
  const auto again = RsaKey::from_pem(pem);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_der(), key().public_der());
  EXPECT_EQ(again->sign_sha256("x"), key().sign_sha256("x"));
}

TEST(Rsa, WhatIsNoKeyIsRefused) {
  EXPECT_FALSE(RsaKey::from_pem(Secret("")));
  EXPECT_FALSE(RsaKey::from_pem(Secret("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")));
  EXPECT_FALSE(RsaKey::from_pem(Secret(key().pem().reveal().substr(0, 900))));
}

TEST(Rsa, AnyBytesMayStandForAKeyOrASignature) {
  const std::string signature = key().sign_sha256("m");
  const std::string der = key().public_der();
  EXPECT_EQ(der.size(), 270u);  // as AWS lists them
  EXPECT_FALSE(verify_rsa_sha256("", "m", signature));
  EXPECT_FALSE(verify_rsa_sha256("no key", "m", signature));
  EXPECT_FALSE(verify_rsa_sha256(der + "x", "m", signature));
  EXPECT_FALSE(verify_rsa_sha256(der.substr(1), "m", signature));
  EXPECT_FALSE(verify_rsa_sha256(der, "m", ""));
  EXPECT_FALSE(verify_rsa_sha256(der, "m", signature.substr(1)));
  EXPECT_FALSE(verify_rsa_sha256(der, "m", signature + '\0'));
}

}  // namespace
}  // namespace cairn::crypto

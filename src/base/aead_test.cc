#include "base/aead.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "base/wipe.h"

namespace cairn::crypto {
namespace {

std::string bytes(std::string_view hex) { return text::from_hex(hex).value(); }

/// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B.
struct GcmCase {
  std::string_view key, nonce, plaintext, associated, sealed;
};
constexpr std::string_view kZeroKey = "0000000000000000000000000000000000000000000000000000000000000000";
constexpr std::string_view kKey = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
constexpr GcmCase kGcmCases[] = {
    {kZeroKey, "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},  // case 13
    {kZeroKey, "000000000000000000000000", "00000000000000000000000000000000", "",       // case 14
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {kKey, "cafebabefacedbaddecaf888",  // case 16
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(AesGcm, GivesThePublishedCiphertexts) {
  for (const GcmCase& one : kGcmCases) {
    const Secret key(bytes(one.key));
    const std::string sealed = aes256_gcm_seal(key, bytes(one.nonce), bytes(one.plaintext), bytes(one.associated));
    EXPECT_EQ(text::hex(sealed), one.sealed);
    const std::optional<Secret> opened = aes256_gcm_open(key, bytes(one.nonce), sealed, bytes(one.associated));
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(opened->reveal(), bytes(one.plaintext));
  }
}

TEST(AesGcm, OpensNothingOfWhichOneBitDiffers) {
  const GcmCase& one = kGcmCases[2];
  const Secret key(bytes(one.key));
  const std::string sealed = bytes(one.sealed), nonce = bytes(one.nonce), associated = bytes(one.associated);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(aes256_gcm_open(key, nonce, changed, associated).has_value()) << i;
  }
  EXPECT_FALSE(aes256_gcm_open(key, nonce, sealed, associated + " ").has_value());
  EXPECT_FALSE(aes256_gcm_open(key, nonce, sealed, "").has_value());
  EXPECT_FALSE(aes256_gcm_open(Secret(bytes(kZeroKey)), nonce, sealed, associated).has_value());
  EXPECT_FALSE(aes256_gcm_open(key, nonce, sealed.substr(1), associated).has_value());
}

TEST(AesGcm, WhatIsTooShortToBeSealedIsRefused) {
  const Secret key(bytes(kZeroKey));
  EXPECT_FALSE(aes256_gcm_open(key, std::string(kAeadNonceBytes, '\0'), "", "").has_value());
  EXPECT_FALSE(aes256_gcm_open(key, std::string(kAeadNonceBytes, '\0'), std::string(kAeadTagBytes - 1, '\0'), "").has_value());
  EXPECT_FALSE(aes256_gcm_open(key, "short", std::string(kAeadTagBytes, '\0'), "").has_value());
}

TEST(Scrypt, GivesTheKeysOfRfc7914) {
  EXPECT_EQ(
      text::hex(scrypt(Secret("password"), "NaCl", 64, {.cost = 1024, .block = 8, .parallel = 16}).reveal()),
      "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
  EXPECT_EQ(
      text::hex(scrypt(Secret("pleaseletmein"), "SodiumChloride", 64, {.cost = 16384, .block = 8, .parallel = 1}).reveal()),
      "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
}

TEST(Wipe, LeavesNothing) {
  std::string bytes = "a secret that is longer than what a string keeps within itself";
  const char* where = bytes.data();
  wipe(bytes);
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(where, bytes.data());
  EXPECT_EQ(std::string_view(where, 8), std::string_view("\0\0\0\0\0\0\0\0", 8));
}

}  // namespace
}  // namespace cairn::crypto

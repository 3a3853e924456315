#include "base/crypto.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "base/text.h"

namespace cairn::crypto {
namespace {

using text::hex;

// FIPS 180-4's examples, as NIST publishes them.
TEST(Crypto, Sha256) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Crypto, Sha1AndMd5) {
  EXPECT_EQ(hex(digest(Algorithm::kSha1, "abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(md5("")), "d41d8cd98f00b204e9800998ecf8427e");  // RFC 1321, A.5
  EXPECT_EQ(hex(md5("message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
}

// RFC 4231: short key, key shorter than the output, key longer than a block, both long.
TEST(Crypto, HmacSha256) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'),
                            "This is a test using a larger than block-size key and a larger than block-size data. The key "
                            "needs to be hashed before being used by the HMAC algorithm.")),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

// The check values of the catalogue of parametrised CRC algorithms, and RFC 3720 B.4 for CRC-32C.
TEST(Crypto, Checksums) {
  EXPECT_EQ(hex(digest(Algorithm::kCrc32, "123456789")), "cbf43926");
  EXPECT_EQ(hex(digest(Algorithm::kCrc32c, "123456789")), "e3069283");
  EXPECT_EQ(hex(digest(Algorithm::kCrc64Nvme, "123456789")), "ae8b14860a799888");
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  EXPECT_EQ(crc32c(rising), 0x46dd794eu);
  EXPECT_EQ(crc32c(std::string(rising.rbegin(), rising.rend())), 0x113fdb5cu);
}

TEST(Crypto, ChecksumOfNothingIsZero) {
  EXPECT_EQ(hex(digest(Algorithm::kCrc32, "")), "00000000");
  EXPECT_EQ(crc32c("", 0x12345678), 0x12345678u);
}

// The polynomials, bit by bit, as their definition has it: an independent second way.
uint64_t by_definition(std::string_view data, uint64_t polynomial, uint64_t ones) {
  uint64_t value = ones;
  for (char c : data) {
    value ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ polynomial : value >> 1;
  }
  return value ^ ones;
}

TEST(Crypto, ChecksumsAgreeWithTheirDefinitionAtEveryLength) {
  std::string data;
  for (unsigned i = 0; i < 300; ++i) {  // tables, instructions, and what remains of each
    EXPECT_EQ(crc32c(data), by_definition(data, 0x82F63B78, UINT32_MAX));
    EXPECT_EQ(text::from_hex(fmt::format("{:08x}", by_definition(data, 0xEDB88320, UINT32_MAX))), digest(Algorithm::kCrc32, data));
    EXPECT_EQ(text::from_hex(fmt::format("{:016x}", by_definition(data, 0x9A6C9329AC4BC9B5, UINT64_MAX))),
              digest(Algorithm::kCrc64Nvme, data));
    data += static_cast<char>(i * 41 + 7);
  }
}

TEST(Crypto, HashingInPiecesIsHashingTheWhole) {
  std::string data;
  for (int i = 0; i < 1000; ++i) data += static_cast<char>(i * 31);
  for (auto algorithm :
       {Algorithm::kMd5, Algorithm::kSha1, Algorithm::kSha256, Algorithm::kCrc32, Algorithm::kCrc32c, Algorithm::kCrc64Nvme}) {
    Hasher pieces(algorithm);
    for (size_t at = 0, n = 0; at < data.size(); at += n, n = n % 13 + 1) pieces.update(std::string_view(data).substr(at, n));
    EXPECT_EQ(pieces.finish(), digest(algorithm, data));
  }
}

TEST(Crypto, ComparesWholeStrings) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_TRUE(equal_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_constant_time("secret", "secre"));
}

}  // namespace
}  // namespace cairn::crypto

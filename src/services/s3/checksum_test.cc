#include "services/s3/checksum.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace cairn::s3 {
namespace {

constexpr uint64_t kFirstPart = 5'242'881, kLastPart = 10;  // of the uploads that these values were recorded from, all 'a'

std::string raw(std::string_view base64) { return text::from_base64(base64).value(); }

Checksum over_parts(std::string_view name, bool composite, std::string_view first, std::string_view last) {
  PartsChecksum parts(*checksum_algorithm(name), composite);
  parts.add(raw(first), kFirstPart);
  parts.add(raw(first), kFirstPart);
  parts.add(raw(last), kLastPart);
  return parts.finish();
}

TEST(Checksum, of_checksums_is_that_which_s3_gave) { EXPECT_EQ(over_parts("CRC32", true, "NRU+Sw==", "TBHN8A==").value, "5FRUiw==-3"); }

TEST(Checksum, of_the_whole_is_told_from_its_parts) { EXPECT_EQ(over_parts("CRC32", false, "NRU+Sw==", "TBHN8A==").value, "qSEQSA=="); }

TEST(Checksum, combining_agrees_with_one_pass_for_all_crcs) {
  const std::string a = "The quick brown fox ", b(70'001, 'x'), c = "!";
  for (const char* name : {"CRC32", "CRC32C", "CRC64NVME"}) {
    const ChecksumAlgorithm& algorithm = *checksum_algorithm(name);
    PartsChecksum parts(algorithm, false);
    for (const std::string& part : {a, b, std::string(), c}) parts.add(crypto::digest(algorithm.hash, part), part.size());
    EXPECT_EQ(parts.finish().value, text::base64(crypto::digest(algorithm.hash, a + b + c))) << name;
  }
}

TEST(Checksum, a_single_part_keeps_its_own_as_the_whole) {
  PartsChecksum parts(default_checksum(), false);
  parts.add(raw("Rnr2/5P7Gsk="), 3);
  EXPECT_EQ(parts.finish().value, "Rnr2/5P7Gsk=");
  PartsChecksum composite(*checksum_algorithm("CRC32C"), true);
  composite.add(raw("fwuu0Q=="), 16);
  EXPECT_EQ(composite.finish().value, "sZB91Q==-1");
}

}  // namespace
}  // namespace cairn::s3

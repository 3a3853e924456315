#include "identity/totp.h"

#include <gtest/gtest.h>

#include "env/sim/random.h"
#include "identity/password.h"

namespace cairn::identity {
namespace {

// RFC 6238, appendix B: its codes of SHA-1 have eight digits; six are their end.
TEST(Totp, GivesTheCodesOfTheStandard) {
  const Secret seed("12345678901234567890");
  const auto code_at = [&](int64_t seconds) { return totp_code(seed, totp_step(Time(std::chrono::seconds(seconds)))); };
  EXPECT_EQ(code_at(59), "287082");
  EXPECT_EQ(code_at(1111111109), "081804");
  EXPECT_EQ(code_at(1234567890), "005924");
  EXPECT_EQ(code_at(20000000000), "353130");
}

TEST(Totp, ACodeCountsOnce) {
  MfaDevice device;
  const Secret seed("12345678901234567890");
  const Time now(std::chrono::seconds(1111111109));
  EXPECT_FALSE(use_code(device, seed, "000000", now));
  EXPECT_TRUE(use_code(device, seed, "081804", now));
  EXPECT_FALSE(use_code(device, seed, "081804", now));
}

TEST(Totp, AClockMayBeOffByOneStep) {
  const Time now(std::chrono::seconds(1111111109));
  for (const int64_t off : {-2, -1, 0, 1, 2}) {
    MfaDevice device;
    const Secret seed("seed");
    EXPECT_EQ(use_code(device, seed, totp_code(seed, totp_step(now) + off), now), off >= -1 && off <= 1) << off;
  }
}

TEST(Totp, TwoCodesThatFollowEachOtherProveADevice) {
  const Time now(std::chrono::seconds(1111111109));
  MfaDevice device;
  const Secret seed("seed");
  const int64_t step = totp_step(now);
  const auto code = [&](int64_t off) { return totp_code(seed, step + off); };
  EXPECT_FALSE(use_codes(device, seed, code(1), code(0), now)) << "in the wrong order";
  EXPECT_FALSE(use_codes(device, seed, code(0), code(2), now)) << "not neighbours";
  EXPECT_TRUE(use_codes(device, seed, code(0), code(1), now));
  EXPECT_FALSE(use_code(device, seed, code(1), now)) << "used up";
}

TEST(Base32, WritesTheExamplesOfTheStandard) {  // RFC 4648
  EXPECT_EQ(base32(""), "");
  EXPECT_EQ(base32("f"), "MY");
  EXPECT_EQ(base32("fooba"), "MZXW6YTB");
  EXPECT_EQ(base32("foobar"), "MZXW6YTBOI");
}

TEST(Password, IsKeptAsWhatCannotBeReadBack) {
  env::SimRandom random(1);
  const std::string kept = hash_password("correct horse", random);
  EXPECT_EQ(kept.find("horse"), std::string::npos);
  EXPECT_TRUE(is_password(kept, "correct horse"));
  EXPECT_FALSE(is_password(kept, "correct horsf"));
  EXPECT_FALSE(is_password("", ""));
  EXPECT_NE(kept, hash_password("correct horse", random)) << "salted";
}

}  // namespace
}  // namespace cairn::identity

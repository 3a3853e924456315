#include "services/kms/ciphertext.h"

#include <gtest/gtest.h>

#include "env/sim/random.h"

namespace cairn::kms {
namespace {

const std::string kKeyId = "0a1b2c3d-0000-4000-8000-abcd00000001";
const std::string kMaterialId(64, 'c');
const Secret kMaterial(std::string(32, 'm'));
const EncryptionContext kContext = {{"Department", "Finance"}, {"Project", ""}};

class CiphertextTest : public testing::Test {
 protected:
  std::string blob(const EncryptionContext& context = kContext, std::string_view plaintext = "attack at dawn") {
    return encrypt(random_, kMaterial, kKeyId, kMaterialId, context, plaintext);
  }
  std::string open(const std::string& blob, const Secret& material = kMaterial, const EncryptionContext& context = kContext) {
    const auto parsed = parse_ciphertext(blob);
    if (!parsed) return "(no ciphertext)";
    const auto plaintext = decrypt(*parsed, material, context);
    return plaintext ? plaintext->reveal() : "(unreadable)";
  }
  env::SimRandom random_{3};
};

TEST_F(CiphertextTest, NamesItsKeyAndMaterialAndOpensWithThem) {
  const std::string made = blob();
  const auto parsed = parse_ciphertext(made);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->key_id, kKeyId);
  EXPECT_EQ(parsed->material_id, kMaterialId);
  EXPECT_EQ(open(made), "attack at dawn");
  EXPECT_EQ(made.find("dawn"), std::string::npos);
  EXPECT_EQ(open(blob({}, ""), kMaterial, {}), "");
}

TEST_F(CiphertextTest, TheSamePlaintextNeverGivesTheSameCiphertext) { EXPECT_NE(blob(), blob()); }

TEST_F(CiphertextTest, AnyOtherBitMaterialOrContextIsUnreadable) {
  const std::string made = blob();
  for (size_t i = 0; i < made.size(); ++i) {
    std::string changed = made;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    EXPECT_NE(open(changed), "attack at dawn") << i;
  }
  EXPECT_EQ(open(made, Secret(std::string(32, 'n'))), "(unreadable)");
  EXPECT_EQ(open(made, kMaterial, {}), "(unreadable)");
  EXPECT_EQ(open(made, kMaterial, {{"Department", "finance"}, {"Project", ""}}), "(unreadable)");
  EXPECT_EQ(open(made, kMaterial, {{"Department", "FinanceProject"}}), "(unreadable)");
}

TEST_F(CiphertextTest, WhereAKeyEndsAndItsValueBeginsCounts) {
  EXPECT_EQ(open(blob({{"ab", "c"}}), kMaterial, {{"a", "bc"}}), "(unreadable)");
  EXPECT_EQ(open(blob({{"a", "b"}, {"c", "d"}}), kMaterial, {{"a", "bcd"}}), "(unreadable)");
}

TEST_F(CiphertextTest, WhatIsTooShortOrOfAnotherVersionIsNone) {
  const std::string made = blob({}, "");
  EXPECT_TRUE(parse_ciphertext(made).has_value());
  EXPECT_FALSE(parse_ciphertext(made.substr(1)).has_value());
  EXPECT_FALSE(parse_ciphertext("\x02" + made.substr(1)).has_value());
  EXPECT_FALSE(parse_ciphertext("").has_value());
}

}  // namespace
}  // namespace cairn::kms

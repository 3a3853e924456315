#include "cli/keys.h"

#include <gtest/gtest.h>

#include "archive/digest_file.h"
#include "base/text.h"

namespace cairn::cli {
namespace {

Json listed(std::string_view der, const char* region = nullptr) {
  Json key{{"Value", text::base64(der)}, {"Fingerprint", archive::fingerprint(der)}};
  if (region) key["Region"] = region;
  return {{"PublicKeyList", Json::array({key})}};
}

TEST(KeyRing, KeepsKeysOfRegionsApart) {
  KeyRing ring;
  ASSERT_TRUE(ring.add(listed("virginia"), "us-east-1"));
  ASSERT_TRUE(ring.add(listed("paris"), "eu-west-3"));
  EXPECT_NE(ring.of(aws::Region("us-east-1")).find(archive::fingerprint("virginia")), nullptr);
  EXPECT_EQ(ring.of(aws::Region("us-east-1")).find(archive::fingerprint("paris")), nullptr);
  EXPECT_EQ(ring.size(), 2u);

  KeyRing again;  // from the file
  ASSERT_TRUE(again.add(*json::parse(ring.text()), ""));
  EXPECT_EQ(again.text(), ring.text());
  EXPECT_EQ(again.of(aws::Region("eu-west-3")).size(), 1u);
}

TEST(KeyRing, AFileOfTheAwsCliNamesNoRegion) {
  KeyRing ring;
  ASSERT_TRUE(ring.add(listed("any"), ""));
  EXPECT_EQ(ring.of(aws::Region("us-east-1")).size(), 1u);
}

TEST(KeyRing, SaysWhatIsWrong) {
  KeyRing ring;
  EXPECT_FALSE(ring.add(Json::array(), ""));
  EXPECT_FALSE(ring.add(Json::object(), ""));
  EXPECT_FALSE(ring.add({{"PublicKeyList", {1}}}, ""));
  EXPECT_FALSE(ring.add({{"PublicKeyList", {{{"Value", "not base64!"}}}}}, ""));
  Json lies = listed("one");
  lies["PublicKeyList"][0]["Fingerprint"] = archive::fingerprint("another");
  EXPECT_FALSE(ring.add(lies, ""));
  EXPECT_EQ(ring.size(), 0u);
}

}  // namespace
}  // namespace cairn::cli

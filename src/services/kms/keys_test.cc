#include <gtest/gtest.h>

#include <set>

#include "services/kms/harness.h"
#include "services/kms/lifecycle.h"

namespace cairn::kms {
namespace {

using std::chrono::days;

class KeysTest : public testing::Test {
 protected:
  Json described(const std::string& id) { return harness_.call("DescribeKey", {{"KeyId", id}}).out.value("KeyMetadata", Json()); }
  std::string state(const std::string& id) { return described(id).value("KeyState", "(none)"); }
  Harness harness_;
};

TEST_F(KeysTest, ANewKeyIsDescribedAsOnAws) {
  const std::string id = harness_.create_key({{"Description", "for logs"}});
  const Json key = described(id);
  EXPECT_EQ(key["Arn"], "arn:aws:kms:us-east-1:111122223333:key/" + id);
  EXPECT_EQ(key["AWSAccountId"], "111122223333");
  EXPECT_EQ(key["Description"], "for logs");
  EXPECT_EQ(key["Enabled"], true);
  EXPECT_EQ(key["KeyState"], "Enabled");
  EXPECT_EQ(key["KeyUsage"], "ENCRYPT_DECRYPT");
  EXPECT_EQ(key["KeySpec"], "SYMMETRIC_DEFAULT");
  EXPECT_EQ(key["KeyManager"], "CUSTOMER");
  EXPECT_EQ(key["MultiRegion"], false);
  EXPECT_EQ(key["CurrentKeyMaterialId"].get<std::string>().size(), 64u);
  EXPECT_FALSE(key.contains("DeletionDate"));
}

TEST_F(KeysTest, OtherKindsOfKeysAreRefusedHonestly) {
  const auto code = [&](const Json& in) { return harness_.call("CreateKey", in).code; };
  EXPECT_EQ(code({{"KeySpec", "RSA_2048"}, {"KeyUsage", "SIGN_VERIFY"}}), "UnsupportedOperationException");
  EXPECT_EQ(code({{"KeySpec", "RSA_2048"}}), "ValidationException");
  EXPECT_EQ(code({{"KeyUsage", "SIGN_VERIFY"}}), "ValidationException");
  EXPECT_EQ(code({{"MultiRegion", true}}), "UnsupportedOperationException");
  EXPECT_EQ(code({{"Origin", "EXTERNAL"}}), "UnsupportedOperationException");
  EXPECT_EQ(code({{"KeySpec", "SYMMETRIC_DEFAULT"}, {"CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"}}), "ValidationException");
  EXPECT_EQ(harness_.documents("kms/"), 0u);
}

TEST_F(KeysTest, AKeyIsFoundByIdArnAliasAndAliasArn) {
  const std::string id = harness_.create_key();
  ASSERT_TRUE(harness_.call("CreateAlias", {{"AliasName", "alias/team/logs"}, {"TargetKeyId", id}}).ok());
  for (const std::string& name :
       {id, harness_.arn(id), std::string("alias/team/logs"), std::string("arn:aws:kms:us-east-1:111122223333:alias/team/logs")})
    EXPECT_EQ(described(name).value("KeyId", ""), id) << name;
}

TEST_F(KeysTest, AKeyThatIsNotThereIsRefusedInAwsWords) {
  const auto message = [&](const std::string& id) {
    const Answer answer = harness_.call("DescribeKey", {{"KeyId", id}});
    EXPECT_TRUE(answer.recorded_in && answer.recorded_in->empty()) << "the record shows no parameters";
    return answer.code + ": " + answer.message;
  };
  const std::string absent = "0a1b2c3d-0000-4000-8000-abcd00000001";
  EXPECT_EQ(message("fake-key-id"), "NotFoundException: Invalid keyId 'fake-key-id'");
  EXPECT_EQ(message(absent), "NotFoundException: Key 'arn:aws:kms:us-east-1:111122223333:key/" + absent + "' does not exist");
  EXPECT_EQ(message("alias/x"), "NotFoundException: Alias arn:aws:kms:us-east-1:111122223333:alias/x is not found.");
  EXPECT_EQ(message("arn:aws:kms:eu-west-1:111122223333:key/" + absent), "NotFoundException: Invalid arn eu-west-1");
  EXPECT_EQ(message("arn:aws:s3:::b").substr(0, 20), "InvalidArnException:");
}

TEST_F(KeysTest, KeysAreOfTheirRegionAndAccount) {
  const std::string id = harness_.create_key();
  harness_.region = "eu-west-1";
  EXPECT_EQ(harness_.call("DescribeKey", {{"KeyId", id}}).code, "NotFoundException");
  EXPECT_EQ(harness_.call("ListKeys").out["Keys"].size(), 0u);
  harness_.region = "us-east-1";
  harness_.be_administrator("444455556666");
  EXPECT_EQ(harness_.call("DescribeKey", {{"KeyId", id}}).code, "NotFoundException");
  EXPECT_EQ(harness_.call("DescribeKey", {{"KeyId", harness_.arn(id)}}).code, "AccessDenied");
  EXPECT_EQ(harness_.call("ListKeys").out["Keys"].size(), 0u);
}

TEST_F(KeysTest, ListsArePaged) {
  std::set<std::string> made, listed;
  for (int i = 0; i < 5; ++i) made.insert(harness_.create_key());
  Json in = {{"Limit", 2}};
  int pages = 0;
  for (bool more = true; more; ++pages) {
    const Answer page = harness_.call("ListKeys", in);
    for (const Json& key : page.out["Keys"]) listed.insert(key["KeyId"].get<std::string>());
    more = page.out["Truncated"].get<bool>();
    if (more) in["Marker"] = page.out["NextMarker"];
  }
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(listed, made);
  EXPECT_EQ(harness_.call("ListKeys", {{"Marker", "?"}}).code, "InvalidMarkerException");
}

TEST_F(KeysTest, DisabledKeysAreOfNoUseUntilEnabledAgain) {
  const std::string id = harness_.create_key();
  const std::string blob = harness_.encrypt(id, "x").text("CiphertextBlob");
  const Answer disabled = harness_.call("DisableKey", {{"KeyId", id}});
  ASSERT_TRUE(disabled.ok());
  EXPECT_EQ(disabled.recorded_out->at("KeyId"), harness_.arn(id));
  EXPECT_EQ(state(id), "Disabled");
  const Answer refused = harness_.decrypt(blob);
  EXPECT_EQ(refused.code, "DisabledException");
  EXPECT_EQ(refused.message, harness_.arn(id) + " is disabled.");
  EXPECT_EQ(harness_.encrypt(id, "x").code, "DisabledException");
  ASSERT_TRUE(harness_.call("EnableKey", {{"KeyId", id}}).ok());
  EXPECT_TRUE(harness_.decrypt(blob).ok());
}

TEST_F(KeysTest, AWindowOfSevenToThirtyDays) {
  const std::string id = harness_.create_key();
  const auto message = [&](int window) {
    return harness_.call("ScheduleKeyDeletion", {{"KeyId", id}, {"PendingWindowInDays", window}}).message;
  };
  EXPECT_EQ(message(6),
            "1 validation error detected: Value '6' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value greater "
            "than or equal to 7");
  EXPECT_EQ(message(31),
            "1 validation error detected: Value '31' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value less "
            "than or equal to 30");
  EXPECT_EQ(message(7), "");
}

TEST_F(KeysTest, AKeyThatIsToBeDeletedCanBeKeptUntilTheLastMoment) {
  const std::string id = harness_.create_key();
  const std::string blob = harness_.encrypt(id, "x").text("CiphertextBlob");
  const Answer scheduled = harness_.call("ScheduleKeyDeletion", {{"KeyId", id}, {"PendingWindowInDays", 7}});
  EXPECT_EQ(scheduled.text("KeyState"), "PendingDeletion");
  EXPECT_EQ(scheduled.text("DeletionDate"), "2026-01-08T00:00:00.000Z");
  EXPECT_EQ(harness_.decrypt(blob).code, "KMSInvalidStateException");
  EXPECT_EQ(harness_.decrypt(blob).message, harness_.arn(id) + " is pending deletion.");
  EXPECT_EQ(harness_.call("EnableKey", {{"KeyId", id}}).code, "KMSInvalidStateException");
  EXPECT_EQ(harness_.call("ScheduleKeyDeletion", {{"KeyId", id}}).code, "KMSInvalidStateException");
  harness_.clock.advance(days(7) - std::chrono::milliseconds(1));
  ASSERT_TRUE(harness_.call("CancelKeyDeletion", {{"KeyId", id}}).ok());
  EXPECT_EQ(state(id), "Disabled");
  EXPECT_EQ(harness_.call("CancelKeyDeletion", {{"KeyId", id}}).message, harness_.arn(id) + " is not pending deletion.");
  ASSERT_TRUE(harness_.call("EnableKey", {{"KeyId", id}}).ok());
  EXPECT_TRUE(harness_.decrypt(blob).ok());
}

TEST_F(KeysTest, FromItsDateOnADeletedKeyIsGone) {
  const std::string id = harness_.create_key();
  const std::string blob = harness_.encrypt(id, "x").text("CiphertextBlob");
  harness_.call("ScheduleKeyDeletion", {{"KeyId", id}, {"PendingWindowInDays", 7}});
  harness_.clock.advance(days(7));
  EXPECT_EQ(harness_.call("CancelKeyDeletion", {{"KeyId", id}}).code, "NotFoundException");
  EXPECT_EQ(harness_.call("ListKeys").out["Keys"].size(), 0u);
  EXPECT_EQ(harness_.decrypt(blob).code, "AccessDenied");
}

TEST_F(KeysTest, ADestroyedKeyLeavesNothing) {
  const size_t before = harness_.documents("");
  const std::string id = harness_.create_key({{"Tags", Json::array({{{"TagKey", "a"}, {"TagValue", "b"}}})}});
  harness_.call("CreateAlias", {{"AliasName", "alias/a"}, {"TargetKeyId", id}});
  harness_.call("RotateKeyOnDemand", {{"KeyId", id}});
  harness_.call("EnableKeyRotation", {{"KeyId", id}});
  harness_.call("CreateGrant", {{"KeyId", id},
                                {"GranteePrincipal", "arn:aws:iam::111122223333:user/bob"},
                                {"RetiringPrincipal", "arn:aws:iam::111122223333:user/carol"},
                                {"Operations", Json::array({"Decrypt"})},
                                {"Name", "n"}});
  harness_.call("ScheduleKeyDeletion", {{"KeyId", id}, {"PendingWindowInDays", 7}});
  EXPECT_GT(harness_.documents("") - before, 10u);
  state::Transaction transaction(harness_.store());
  const std::optional<Due> due = first_due(transaction);
  ASSERT_TRUE(due.has_value());
  EXPECT_EQ(due->key_id, id);
  EXPECT_EQ(due->time, harness_.clock.now() + days(7));
  const Key key = decode_key(id, transaction.get("kms/key/" + id).value());
  EXPECT_EQ(destroy(transaction, key), Destroyed::kWhole);
  harness_.commit(transaction);
  EXPECT_EQ(harness_.documents(""), before);
}

TEST_F(KeysTest, ItsMaterialIsNotInTheStateButSealed) {
  const std::string id = harness_.create_key();
  state::Transaction transaction(harness_.store());
  const state::Page page = transaction.list("kms/material/", "", 10);
  ASSERT_EQ(page.items.size(), 1u);
  const std::string sealed = json::parse(page.items[0].value).value()["sealed"].get<std::string>();
  const std::optional<Secret> material = harness_.sealer().open(sealed, page.items[0].key);
  ASSERT_TRUE(material.has_value());
  EXPECT_EQ(material->reveal().size(), 32u);
  for (const std::string& shown : {material->reveal(), text::hex(material->reveal()), text::base64(material->reveal())})
    for (const state::Item& item : transaction.list("", "", 100).items) EXPECT_EQ(item.value.find(shown), std::string::npos) << item.key;
}

TEST_F(KeysTest, DescriptionsAndTags) {
  const std::string id = harness_.create_key();
  ASSERT_TRUE(harness_.call("UpdateKeyDescription", {{"KeyId", id}, {"Description", "new"}}).ok());
  EXPECT_EQ(described(id)["Description"], "new");
  const auto tag = [&](const Json& tags) { return harness_.call("TagResource", {{"KeyId", id}, {"Tags", tags}}); };
  ASSERT_TRUE(tag({{{"TagKey", "b"}, {"TagValue", "1"}}, {{"TagKey", "a"}, {"TagValue", "2"}}}).ok());
  ASSERT_TRUE(tag(Json::array({{{"TagKey", "b"}, {"TagValue", "3"}}})).ok());
  EXPECT_EQ(harness_.call("ListResourceTags", {{"KeyId", id}}).out["Tags"].dump(),
            R"([{"TagKey":"a","TagValue":"2"},{"TagKey":"b","TagValue":"3"}])");
  EXPECT_EQ(tag({{{"TagKey", "c"}, {"TagValue", "1"}}, {{"TagKey", "c"}, {"TagValue", "2"}}}).message, "Duplicate tag keys");
  EXPECT_EQ(tag(Json::array({{{"TagKey", "aws:x"}, {"TagValue", "1"}}})).message, "Tags beginning with aws: are reserved");
  ASSERT_TRUE(harness_.call("UntagResource", {{"KeyId", id}, {"TagKeys", Json::array({"a", "b"})}}).ok());
  EXPECT_EQ(harness_.call("ListResourceTags", {{"KeyId", id}}).out["Tags"].size(), 0u);
}

TEST_F(KeysTest, Aliases) {
  const std::string one = harness_.create_key(), two = harness_.create_key();
  const auto create = [&](const std::string& name, const std::string& key) {
    return harness_.call("CreateAlias", {{"AliasName", name}, {"TargetKeyId", key}});
  };
  const Answer made = create("alias/logs", one);
  ASSERT_TRUE(made.ok());
  ASSERT_EQ(made.resources.size(), 2u);
  EXPECT_EQ(made.resources[0].arn, harness_.arn(one));
  EXPECT_EQ(made.resources[1].arn, "arn:aws:kms:us-east-1:111122223333:alias/logs");
  EXPECT_EQ(create("alias/logs", two).message, "An alias with the name arn:aws:kms:us-east-1:111122223333:alias/logs already exists");
  EXPECT_EQ(create("alias/aws/s3", two).code, "NotAuthorizedException");
  EXPECT_EQ(create("logs", two).code, "ValidationException");
  EXPECT_EQ(create("alias/b", "alias/logs").message, "Aliases must refer to keys. Not aliases");

  harness_.clock.advance(std::chrono::seconds(5));
  const Answer updated = harness_.call("UpdateAlias", {{"AliasName", "alias/logs"}, {"TargetKeyId", two}});
  ASSERT_TRUE(updated.ok()) << updated.message;
  EXPECT_EQ(updated.resources[0].arn, "arn:aws:kms:us-east-1:111122223333:alias/logs");
  EXPECT_EQ(updated.resources[1].arn, harness_.arn(two));
  EXPECT_EQ(harness_.call("ListAliases", {{"KeyId", one}}).out["Aliases"].size(), 0u);
  const Json listed = harness_.call("ListAliases", {{"KeyId", two}}).out["Aliases"];
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0]["TargetKeyId"], two);
  EXPECT_EQ(listed[0]["CreationDate"], "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(listed[0]["LastUpdatedDate"], "2026-01-01T00:00:05.000Z");

  ASSERT_TRUE(harness_.call("DeleteAlias", {{"AliasName", "alias/logs"}}).ok());
  EXPECT_EQ(harness_.call("ListAliases").out["Aliases"].size(), 0u);
  EXPECT_EQ(harness_.call("DeleteAlias", {{"AliasName", "alias/logs"}}).code, "NotFoundException");
}

TEST_F(KeysTest, RotationKeepsWhatWasEncryptedReadable) {
  const std::string id = harness_.create_key();
  const std::string old = harness_.encrypt(id, "old").text("CiphertextBlob"), before = described(id)["CurrentKeyMaterialId"];
  harness_.clock.advance(std::chrono::seconds(1));
  const Answer rotated = harness_.call("RotateKeyOnDemand", {{"KeyId", id}});
  EXPECT_EQ(rotated.text("KeyId"), id);
  const std::string after = described(id)["CurrentKeyMaterialId"];
  EXPECT_NE(after, before);
  EXPECT_EQ(harness_.decrypt(old).text("KeyMaterialId"), before);
  EXPECT_EQ(harness_.decrypt(harness_.encrypt(id, "new").text("CiphertextBlob")).text("KeyMaterialId"), after);

  const Json rotations = harness_.call("ListKeyRotations", {{"KeyId", id}}).out["Rotations"];
  ASSERT_EQ(rotations.size(), 1u);
  EXPECT_EQ(rotations[0]["RotationType"], "ON_DEMAND");
  EXPECT_EQ(rotations[0]["KeyMaterialState"], "CURRENT");
  const Json all = harness_.call("ListKeyRotations", {{"KeyId", id}, {"IncludeKeyMaterial", "ALL_KEY_MATERIAL"}}).out["Rotations"];
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["KeyMaterialId"], before);
  EXPECT_FALSE(all[0].contains("RotationDate"));
}

TEST_F(KeysTest, TwentyFiveRotationsOnDemand) {
  const std::string id = harness_.create_key();
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(harness_.call("RotateKeyOnDemand", {{"KeyId", id}}).ok()) << i;
  EXPECT_EQ(harness_.call("RotateKeyOnDemand", {{"KeyId", id}}).code, "LimitExceededException");
}

TEST_F(KeysTest, AutomaticRotationIsShownAsLongAsItIsOn) {
  const std::string id = harness_.create_key();
  EXPECT_EQ(harness_.call("GetKeyRotationStatus", {{"KeyId", id}}).out["KeyRotationEnabled"], false);
  ASSERT_TRUE(harness_.call("EnableKeyRotation", {{"KeyId", id}, {"RotationPeriodInDays", 90}}).ok());
  const Json status = harness_.call("GetKeyRotationStatus", {{"KeyId", id}}).out;
  EXPECT_EQ(status["KeyRotationEnabled"], true);
  EXPECT_EQ(status["RotationPeriodInDays"], 90);
  EXPECT_EQ(status["NextRotationDate"], "2026-04-01T00:00:00.000Z");
  ASSERT_TRUE(harness_.call("DisableKeyRotation", {{"KeyId", id}}).ok());
  EXPECT_FALSE(harness_.call("GetKeyRotationStatus", {{"KeyId", id}}).out.contains("NextRotationDate"));
  EXPECT_EQ(harness_.documents("kms/due/"), 0u);
}

}  // namespace
}  // namespace cairn::kms

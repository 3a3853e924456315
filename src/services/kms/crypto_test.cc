#include <gtest/gtest.h>

#include "services/kms/ciphertext.h"
#include "services/kms/harness.h"

namespace cairn::kms {
namespace {

class CryptoTest : public testing::Test {
 protected:
  std::string plaintext_of(const Answer& answer) { return answer.ok() ? text::from_base64(answer.text("Plaintext")).value() : answer.code; }
  Harness harness_;
  const std::string key_ = harness_.create_key();
};

TEST_F(CryptoTest, WhatIsEncryptedIsReadWithTheSameContextOnly) {
  const Json context = {{"Department", "Finance"}, {"aws:cloudtrail:arn", "x"}};
  const Answer encrypted = harness_.encrypt(key_, "attack at dawn", context);
  ASSERT_TRUE(encrypted.ok()) << encrypted.message;
  EXPECT_EQ(encrypted.text("KeyId"), harness_.arn(key_));
  EXPECT_EQ(encrypted.text("EncryptionAlgorithm"), "SYMMETRIC_DEFAULT");
  const std::string blob = encrypted.text("CiphertextBlob");
  const Answer decrypted = harness_.decrypt(blob, {{"aws:cloudtrail:arn", "x"}, {"Department", "Finance"}});
  EXPECT_EQ(plaintext_of(decrypted), "attack at dawn");
  EXPECT_EQ(decrypted.text("KeyId"), harness_.arn(key_));
  const Answer refused = harness_.decrypt(blob, {{"Department", "Finance"}});
  EXPECT_EQ(refused.code, "InvalidCiphertextException");
  EXPECT_EQ(refused.message, "");
}

TEST_F(CryptoTest, RecordsNameKeyAlgorithmAndMaterial) {
  const Answer encrypted = harness_.encrypt(key_, "x");
  ASSERT_EQ(encrypted.resources.size(), 1u);
  EXPECT_EQ(encrypted.resources[0].type, "AWS::KMS::Key");
  EXPECT_EQ(encrypted.resources[0].arn, harness_.arn(key_));
  EXPECT_EQ(encrypted.resources[0].account.str(), "111122223333");
  EXPECT_EQ(encrypted.additional->at("keyMaterialId").get<std::string>().size(), 64u);
  EXPECT_EQ(encrypted.recorded_in->at("EncryptionAlgorithm"), "SYMMETRIC_DEFAULT");
  const Answer decrypted = harness_.decrypt(encrypted.text("CiphertextBlob"));
  EXPECT_EQ(decrypted.resources.at(0).arn, harness_.arn(key_));
  EXPECT_FALSE(decrypted.recorded_in->contains("KeyId"));
}

TEST_F(CryptoTest, SizesHaveAwsLimits) {
  EXPECT_TRUE(harness_.encrypt(key_, std::string(4096, 'x')).ok());
  EXPECT_EQ(harness_.encrypt(key_, std::string(4097, 'x')).message,
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to "
            "4096");
  EXPECT_EQ(plaintext_of(harness_.decrypt(harness_.encrypt(key_, std::string(4096, 'x')).text("CiphertextBlob"))), std::string(4096, 'x'));
  EXPECT_EQ(harness_.encrypt(key_, "").code, "ValidationException");
  EXPECT_EQ(harness_.encrypt(key_, "x", {{"k", std::string(8192, 'v')}}).code, "ValidationException");
}

TEST_F(CryptoTest, AnotherKeyThanTheCiphertextsIsRefused) {
  const std::string other = harness_.create_key(), blob = harness_.encrypt(key_, "x").text("CiphertextBlob");
  EXPECT_TRUE(harness_.call("Decrypt", {{"CiphertextBlob", blob}, {"KeyId", key_}}).ok());
  const Answer refused = harness_.call("Decrypt", {{"CiphertextBlob", blob}, {"KeyId", other}});
  EXPECT_EQ(refused.code, "IncorrectKeyException");
  EXPECT_EQ(refused.message, "The key ID in the request does not identify a CMK that can perform this operation.");
}

TEST_F(CryptoTest, WhatIsNoCiphertextIsRefused) {
  EXPECT_EQ(harness_.decrypt(text::base64("nonsense")).code, "InvalidCiphertextException");
  EXPECT_EQ(harness_.decrypt(text::base64(std::string(6144, '\x01'))).code, "AccessDenied");
  EXPECT_EQ(harness_.call("Decrypt").code, "ValidationException");
  EXPECT_EQ(harness_.call("Decrypt", {{"CiphertextBlob", "eA=="}, {"EncryptionAlgorithm", "RSAES_OAEP_SHA_1"}}).code,
            "InvalidKeyUsageException");
}

TEST_F(CryptoTest, CiphertextsOfAnotherRegionAreUnknown) {
  const std::string blob = harness_.encrypt(key_, "x").text("CiphertextBlob");
  harness_.region = "eu-west-1";
  const Answer refused = harness_.decrypt(blob);
  EXPECT_EQ(refused.code, "AccessDenied");
  EXPECT_NE(refused.message.find("kms:Decrypt on the resource associated with this ciphertext because the resource does not exist"),
            std::string::npos);
}

TEST_F(CryptoTest, DataKeys) {
  const auto generate = [&](const Json& more) {
    Json in = {{"KeyId", key_}};
    in.update(more);
    return harness_.call("GenerateDataKey", in);
  };
  const Answer made = generate({{"KeySpec", "AES_256"}, {"EncryptionContext", {{"a", "b"}}}});
  const std::string data_key = plaintext_of(made);
  EXPECT_EQ(data_key.size(), 32u);
  EXPECT_EQ(plaintext_of(harness_.decrypt(made.text("CiphertextBlob"), {{"a", "b"}})), data_key);
  EXPECT_EQ(plaintext_of(generate({{"KeySpec", "AES_128"}})).size(), 16u);
  EXPECT_EQ(plaintext_of(generate({{"NumberOfBytes", 1024}})).size(), 1024u);
  EXPECT_EQ(generate({{"NumberOfBytes", 1025}}).code, "ValidationException");
  EXPECT_EQ(generate(Json::object()).code, "ValidationException");
  EXPECT_EQ(generate({{"NumberOfBytes", 16}, {"KeySpec", "AES_128"}}).code, "ValidationException");

  const Answer hidden = harness_.call("GenerateDataKeyWithoutPlaintext", {{"KeyId", key_}, {"KeySpec", "AES_256"}});
  EXPECT_FALSE(hidden.out.contains("Plaintext"));
  EXPECT_EQ(plaintext_of(harness_.decrypt(hidden.text("CiphertextBlob"))).size(), 32u);
  EXPECT_EQ(hidden.out["KeyMaterialId"], hidden.additional->at("keyMaterialId"));
}

TEST_F(CryptoTest, ReEncryptChangesKeyAndContext) {
  const std::string other = harness_.create_key();
  const Answer moved = harness_.call("ReEncrypt", {{"CiphertextBlob", harness_.encrypt(key_, "x", {{"a", "b"}}).text("CiphertextBlob")},
                                                   {"SourceEncryptionContext", {{"a", "b"}}},
                                                   {"DestinationKeyId", other},
                                                   {"DestinationEncryptionContext", {{"c", "d"}}}});
  ASSERT_TRUE(moved.ok()) << moved.message;
  EXPECT_EQ(moved.text("SourceKeyId"), harness_.arn(key_));
  EXPECT_EQ(moved.text("KeyId"), harness_.arn(other));
  ASSERT_EQ(moved.resources.size(), 2u);
  EXPECT_EQ(moved.resources[0].arn, harness_.arn(key_));
  EXPECT_EQ(moved.resources[1].arn, harness_.arn(other));
  EXPECT_EQ(moved.additional->at("sourceKeyMaterialId"), moved.out["SourceKeyMaterialId"]);
  EXPECT_EQ(moved.additional->at("destinationKeyMaterialId"), moved.out["DestinationKeyMaterialId"]);
  const Answer read = harness_.decrypt(moved.text("CiphertextBlob"), {{"c", "d"}});
  EXPECT_EQ(plaintext_of(read), "x");
  EXPECT_EQ(read.text("KeyId"), harness_.arn(other));
}

TEST_F(CryptoTest, RandomBytes) {
  EXPECT_EQ(plaintext_of(harness_.call("GenerateRandom", {{"NumberOfBytes", 7}})).size(), 7u);
  EXPECT_EQ(harness_.call("GenerateRandom").message, "NumberOfBytes is required.");
}

TEST_F(CryptoTest, ADryRunSaysWhatWouldHappen) {
  const auto dry = [&](const std::string& operation, Json in) {
    in["DryRun"] = true;
    const Answer answer = harness_.call(operation, in);
    EXPECT_TRUE(answer.out.is_null() || answer.out.empty());
    return answer.code;
  };
  const std::string blob = harness_.encrypt(key_, "x").text("CiphertextBlob");
  EXPECT_EQ(dry("Encrypt", {{"KeyId", key_}, {"Plaintext", "eA=="}}), "DryRunOperationException");
  EXPECT_EQ(dry("Decrypt", {{"CiphertextBlob", blob}}), "DryRunOperationException");
  EXPECT_EQ(dry("Decrypt", {{"CiphertextBlob", "eA=="}}), "InvalidCiphertextException");
  EXPECT_EQ(dry("Decrypt", {{"KeyId", key_}, {"DryRunModifiers", Json::array({"IGNORE_CIPHERTEXT"})}}), "DryRunOperationException");
  EXPECT_EQ(dry("GenerateDataKey", {{"KeyId", key_}, {"KeySpec", "AES_256"}}), "DryRunOperationException");
}

}  // namespace
}  // namespace cairn::kms

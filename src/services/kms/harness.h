#pragma once
// Test only: KMS's handlers, with what its tests ask often.
#include <string>

#include "base/text.h"
#include "services/harness.h"

namespace cairn::kms {

using services::Answer;

class Harness : public services::Harness {
 public:
  Harness() : services::Harness("kms") {}

  /// The id of a new key.
  std::string create_key(const Json& more = Json::object()) {
    const Answer made = call("CreateKey", more);
    EXPECT_TRUE(made.ok()) << made.code << ' ' << made.message;
    return made.ok() ? made.out["KeyMetadata"]["KeyId"].get<std::string>() : "";
  }
  std::string arn(const std::string& id, const std::string& account = "111122223333") const {
    return "arn:aws:kms:" + region + ":" + account + ":key/" + id;
  }
  Answer encrypt(const std::string& key, std::string_view plaintext, const Json& context = Json::object()) {
    return call("Encrypt", {{"KeyId", key}, {"Plaintext", text::base64(plaintext)}, {"EncryptionContext", context}});
  }
  Answer decrypt(const std::string& blob, const Json& context = Json::object()) {
    return call("Decrypt", {{"CiphertextBlob", blob}, {"EncryptionContext", context}});
  }
};

}  // namespace cairn::kms

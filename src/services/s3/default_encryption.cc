#include "services/s3/default_encryption.h"

#include "services/s3/bucket_setting.h"
#include "services/s3/input.h"

namespace cairn::s3 {

Json blocked_types(const Json& rule) {
  const auto blocked = rule.find("BlockedEncryptionTypes");
  return blocked != rule.end() && blocked->contains("EncryptionType") ? blocked->at("EncryptionType") : Json::array();
}

BucketEncryption bucket_encryption(api::Call& call, const Bucket& bucket) {
  BucketEncryption encryption;
  const auto rule = bucket_setting(*call.state, bucket.name, kEncryptionSetting);
  if (!rule) return encryption;
  if (const auto by_default = rule->find(kByDefault); by_default != rule->end()) {
    encryption.kms = text_of(*by_default, "SSEAlgorithm") == "aws:kms";
    encryption.kms_key = text_of(*by_default, "KMSMasterKeyID");
  }
  encryption.bucket_key = flag_of(*rule, "BucketKeyEnabled");
  for (const Json& type : blocked_types(*rule)) encryption.blocks_customer_keys = encryption.blocks_customer_keys || type == "SSE-C";
  return encryption;
}

}  // namespace cairn::s3

#include "api/operation.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/default_encryption.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"

/// GetBucketEncryption, PutBucketEncryption, DeleteBucketEncryption. The document holds the rule as it was put.
namespace cairn::s3 {
namespace {

/// Throws what S3 says of a rule that makes no sense.
void check_rule(const Json& rule) {
  for (const Json& type : blocked_types(rule))
    if (type != "NONE" && type != "SSE-C") throw malformed_xml();
  const auto by_default = rule.find(kByDefault);
  if (by_default == rule.end()) return;
  const std::string algorithm = text_of(*by_default, "SSEAlgorithm");
  if (algorithm == "aws:kms:dsse")
    throw Error(kNotImplemented, "This server does not encrypt in two layers: aws:kms:dsse is not implemented.");
  if (algorithm != "AES256" && algorithm != "aws:kms") throw malformed_xml();
  if (algorithm == "AES256" && has(*by_default, "KMSMasterKeyID"))
    throw Error(kInvalidArgument, "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
        .with("ArgumentName", kByDefault);
}

/// Differs from AWS: encryption in two layers (aws:kms:dsse) is not implemented.
void put_encryption(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const auto configuration = call.in.find("ServerSideEncryptionConfiguration");
  if (configuration == call.in.end() || !configuration->contains("Rules") || configuration->at("Rules").size() != 1) throw malformed_xml();
  Json rule = configuration->at("Rules").front();
  check_rule(rule);
  // What the rule does not speak of stays as it is.
  if (const auto before = bucket_setting(*call.state, bucket.name, kEncryptionSetting))
    for (const char* member : {kByDefault, "BlockedEncryptionTypes"})
      if (!rule.contains(member) && before->contains(member)) rule[member] = before->at(member);
  put_bucket_setting(*call.state, bucket.name, kEncryptionSetting, rule);
}

void get_encryption(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  Json rule = bucket_setting(*call.state, bucket.name, kEncryptionSetting).value_or(Json::object());
  if (!rule.contains(kByDefault)) rule[kByDefault] = {{"SSEAlgorithm", "AES256"}};
  if (!rule.contains("BucketKeyEnabled")) rule["BucketKeyEnabled"] = false;
  call.out["ServerSideEncryptionConfiguration"]["Rules"] = Json::array({std::move(rule)});
}

void delete_encryption(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const auto before = bucket_setting(*call.state, bucket.name, kEncryptionSetting);
  if (!before) return;
  // What may be put is no default, and stays.
  if (before->contains("BlockedEncryptionTypes"))
    put_bucket_setting(*call.state, bucket.name, kEncryptionSetting, {{"BlockedEncryptionTypes", before->at("BlockedEncryptionTypes")}});
  else erase_bucket_setting(*call.state, bucket.name, kEncryptionSetting);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteBucketEncryption", delete_encryption},
    {"GetBucketEncryption", get_encryption},
    {"PutBucketEncryption", put_encryption},
});

}  // namespace

}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_bucket_encryption;
const api::Family s3_bucket_encryption{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

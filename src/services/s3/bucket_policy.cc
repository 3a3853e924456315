#include "api/operation.h"
#include "services/s3/bucket.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/policy_document.h"

/// A bucket's policy: kept and given back byte for byte.
namespace cairn::s3 {
namespace {

std::string stored_policy(api::Call& call, const Bucket& bucket) {
  std::optional<std::string> policy = call.state->get(keys::bucket_policy(bucket.name));
  if (!policy) throw Error(kNoSuchBucketPolicy, "The bucket policy does not exist").with("BucketName", bucket.name);
  return std::move(*policy);
}

void get_bucket_policy(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  call.out["Policy"] = stored_policy(call, bucket);
}

/// Differs from AWS: whether its principals exist is not looked up, and refusals name the spot, too. Every bucket blocks public policies,
/// as new ones do.
void put_bucket_policy(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string text = has(call.in, "Policy") ? text_of(call.in, "Policy") : call.body;
  if (is_public(checked_policy(text, bucket.name).policy)) {
    throw Error(kAccessDenied,
                "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::{}\" because public policies are "
                "prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
                call.principal.arn, bucket.name);
  }
  call.state->put(keys::bucket_policy(bucket.name), text);
  call.reply.status = 204;  // the model says 200, S3 says 204
}

void delete_bucket_policy(api::Call& call) { call.state->erase(keys::bucket_policy(open_bucket(call).name)); }

void get_bucket_policy_status(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  call.out["PolicyStatus"] = {{"IsPublic", is_public(compiled_policy(stored_policy(call, bucket))->policy)}};
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteBucketPolicy", delete_bucket_policy},
    {"GetBucketPolicy", get_bucket_policy},
    {"GetBucketPolicyStatus", get_bucket_policy_status},
    {"PutBucketPolicy", put_bucket_policy},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_bucket_policy;
const api::Family s3_bucket_policy{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

#include "api/operation.h"
#include "services/s3/access.h"
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

/// Differs from AWS: whether its principals exist is not looked up, and refusals name the spot, too.
void put_bucket_policy(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string text = has(call.in, "Policy") ? text_of(call.in, "Policy") : call.body;
  if (checked_policy(text, bucket.name).is_public && public_access_block(*call.state, bucket).block_policy)
    throw prevented(call, "s3:PutBucketPolicy", bucket_arn(bucket.name), "public policies", "BlockPublicPolicy");
  call.state->put(keys::bucket_policy(bucket.name), text);
  call.reply.status = 204;  // the model says 200, S3 says 204
}

void delete_bucket_policy(api::Call& call) { call.state->erase(keys::bucket_policy(open_bucket(call).name)); }

void get_bucket_policy_status(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  call.out["PolicyStatus"] = {{"IsPublic", compiled_policy(stored_policy(call, bucket))->is_public}};
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

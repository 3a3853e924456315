#include "api/operation.h"
#include "services/s3/bucket.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/versions.h"

/// Access control lists. All buckets are owner-enforced, as new ones are: their lists can be read, and say that the owner may do
/// everything; they cannot be changed.
namespace cairn::s3 {
namespace {

void answer_acl(api::Call& call, const Bucket& bucket) {
  const std::string owner = owner_id(bucket.account);
  call.out["Owner"] = {{"ID", owner}};
  Json grant;
  grant["Grantee"] = {{"ID", owner}, {"Type", "CanonicalUser"}};
  grant["Permission"] = "FULL_CONTROL";
  call.out["Grants"] = Json::array({std::move(grant)});
}

/// The owner's full control, spelled out, is what the list says anyway.
bool is_owners_own(const Json& policy, const Bucket& bucket) {
  if (!policy.contains("Grants") || policy.at("Grants").size() != 1) return false;
  const Json& grant = policy.at("Grants").front();
  return text_of(grant, "Permission") == "FULL_CONTROL" && grant.contains("Grantee") &&
         text_of(grant.at("Grantee"), "ID") == owner_id(bucket.account);
}

void refuse_change(const api::Call& call, const Bucket& bucket) {
  refuse_acl(call.in);
  if (text_of(call.in, "ACL") == "bucket-owner-full-control") return;
  const auto policy = call.in.find("AccessControlPolicy");
  if (policy == call.in.end())
    throw Error(kMissingSecurityHeader, "Your request was missing a required header").with("MissingHeaderName", "x-amz-acl");
  if (!is_owners_own(*policy, bucket)) throw Error(kAccessControlListNotSupported, "The bucket does not allow ACLs");
}

void get_bucket_acl(api::Call& call) { answer_acl(call, open_bucket(call)); }

void put_bucket_acl(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  refuse_change(call, bucket);
}

void get_object_acl(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  open_object(call, bucket.name, checked_key(call));
  answer_acl(call, bucket);
}

void put_object_acl(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  open_object(call, bucket.name, checked_key(call), Deleted::kNotAllowed);
  refuse_change(call, bucket);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetBucketAcl", get_bucket_acl},
    {"GetObjectAcl", get_object_acl},
    {"PutBucketAcl", put_bucket_acl},
    {"PutObjectAcl", put_object_acl},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_acl;
const api::Family s3_acl{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

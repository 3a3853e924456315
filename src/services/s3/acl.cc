#include "api/operation.h"
#include "services/s3/access_list.h"
#include "services/s3/bucket_acl.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/notification.h"
#include "services/s3/ownership.h"
#include "services/s3/requested_acl.h"
#include "services/s3/versions.h"

/// Access control lists of buckets and objects. Where lists do not count (the bucket owner's ownership is enforced, as in new buckets)
/// they can be read, and say that the owner may do everything; they cannot be changed.
namespace cairn::s3 {
namespace {

void answer_acl(api::Call& call, std::string_view owner, const Grants& grants) {
  call.out["Owner"] = {{"ID", owner}};
  call.out["Grants"] = show(grants);
}

Grants asked_grants(api::Call& call, const Bucket& bucket, std::string_view owner, ListOf what) {
  std::optional<Grants> asked = requested_grants(call, bucket, owner, what);
  if (!asked) throw Error(kMissingSecurityHeader, "Your request was missing a required header").with("MissingHeaderName", "x-amz-acl");
  return std::move(*asked);
}

void get_bucket_acl(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  answer_acl(call, owner_id(bucket.account), bucket_grants(*call.state, bucket));
}

void put_bucket_acl(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string owner = owner_id(bucket.account);
  if (!has_lists(ownership_of(*call.state, bucket.name))) {
    refuse_grants(call, bucket);
    asked_grants(call, bucket, owner, ListOf::kBucket);
    return;
  }
  const Grants grants = asked_grants(call, bucket, owner, ListOf::kBucket);
  check_public_grants(call, bucket, grants, "s3:PutBucketAcl", "");
  put_bucket_grants(*call.state, bucket, grants);
}

void get_object_acl(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const Object object = open_object(call, bucket.name, checked_key(call));
  if (!has_lists(ownership_of(*call.state, bucket.name)))
    return answer_acl(call, owner_id(bucket.account), owners_own(owner_id(bucket.account)));
  answer_acl(call, object.owner_id(bucket), object.acl(bucket));
}

void put_object_acl(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call);
  Version version = open_version(call, bucket.name, key, Deleted::kNotAllowed);
  Object& object = version.object;
  if (!has_lists(ownership_of(*call.state, bucket.name))) {
    refuse_grants(call, bucket);
    asked_grants(call, bucket, owner_id(bucket.account), ListOf::kObject);
    return;
  }
  const Grants grants = asked_grants(call, bucket, object.owner_id(bucket), ListOf::kObject);
  check_public_grants(call, bucket, grants, "s3:PutObjectAcl", key);
  object.grants = grants;
  call.state->put(version.document, encode(object));
  notify(call, bucket, altered("ObjectAcl:Put", key, object));
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

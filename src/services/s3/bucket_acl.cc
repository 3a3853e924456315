#include "services/s3/bucket_acl.h"

#include "services/s3/bucket_setting.h"

namespace cairn::s3 {
namespace {

constexpr std::string_view kKind = "acl";

}  // namespace

Grants bucket_grants(state::Transaction& state, const Bucket& bucket) {
  const std::optional<Json> setting = bucket_setting(state, bucket.name, kKind);
  return setting ? decode_grants(*setting) : owners_own(owner_id(bucket.account));
}

void put_bucket_grants(state::Transaction& state, const Bucket& bucket, const Grants& grants) {
  if (grants == owners_own(owner_id(bucket.account))) erase_bucket_setting(state, bucket.name, kKind);
  else put_bucket_setting(state, bucket.name, kKind, encode(grants));
}

}  // namespace cairn::s3

#include "api/operation.h"
#include "services/s3/bucket_acl.h"
#include "services/s3/input.h"
#include "services/s3/ownership.h"

/// Ownership controls of a bucket.
namespace cairn::s3 {
namespace {

void get_ownership_controls(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::optional<Ownership> ownership = ownership_setting(*call.state, bucket.name);
  if (!ownership) {
    throw Error({.code = "OwnershipControlsNotFoundError", .status = 404}, "The bucket ownership controls were not found")
        .with("BucketName", bucket.name);
  }
  Json rule{{"ObjectOwnership", name_of(*ownership)}};
  call.out["OwnershipControls"]["Rules"] = Json::array({std::move(rule)});
}

void put_ownership_controls(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const auto controls = call.in.find("OwnershipControls");
  if (controls == call.in.end() || !controls->contains("Rules") || controls->at("Rules").size() != 1) throw malformed_xml();
  const std::optional<Ownership> wanted = parse_ownership(text_of(controls->at("Rules").front(), "ObjectOwnership"));
  if (!wanted) throw malformed_xml();
  if (!has_lists(*wanted) && bucket_grants(*call.state, bucket) != owners_own(owner_id(bucket.account)))
    throw lists_with_enforced_ownership();
  put_ownership(*call.state, bucket.name, *wanted);
}

void delete_ownership_controls(api::Call& call) { put_ownership(*call.state, open_bucket(call).name, std::nullopt); }

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteBucketOwnershipControls", delete_ownership_controls},
    {"GetBucketOwnershipControls", get_ownership_controls},
    {"PutBucketOwnershipControls", put_ownership_controls},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_bucket_ownership;
const api::Family s3_bucket_ownership{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

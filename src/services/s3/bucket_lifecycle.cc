#include "api/operation.h"
#include "api/ports.h"
#include "services/s3/bucket.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/lifecycle_check.h"
#include "services/s3/lifecycle_rules.h"
#include "services/s3/versioning.h"

/// A bucket's lifecycle rules: set, read and removed. lifecycle.h carries them out.
namespace cairn::s3 {
namespace {

constexpr ErrorKind kNoConfiguration{.code = "NoSuchLifecycleConfiguration", .status = 404};
constexpr std::string_view kMinimum = "all_storage_classes_128K";

void get_bucket_lifecycle(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::optional<Json> setting = bucket_setting(*call.state, bucket.name, kLifecycleKind);
  if (!setting) throw Error(kNoConfiguration, "The lifecycle configuration does not exist").with("BucketName", bucket.name);
  call.out["Rules"] = setting->at("rules");
  call.out["TransitionDefaultMinimumObjectSize"] = setting->at("minimum");
}

/// Transitions are kept and shown, and move nothing: see docs/differences.md.
void put_bucket_lifecycle(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  std::string minimum = text_of(call.in, "TransitionDefaultMinimumObjectSize");
  if (minimum.empty()) minimum = kMinimum;
  if (minimum != kMinimum && minimum != "varies_by_storage_class")
    throw Error(kInvalidRequest, "Invalid TransitionDefaultMinimumObjectSize found: {}", minimum);
  const auto request = call.in.find("LifecycleConfiguration");
  if (request == call.in.end()) throw malformed_xml();
  if (versioning_of(call, bucket.name).asks_for_mfa())
    throw Error(kInvalidBucketState, "Lifecycle configuration is not supported on buckets with MFA Delete.");
  Json rules = checked_rules(*request, *call.ports->random);
  put_bucket_setting(*call.state, bucket.name, kLifecycleKind, {{"rules", std::move(rules)}, {"minimum", minimum}});
  call.out["TransitionDefaultMinimumObjectSize"] = minimum;
}

void delete_bucket_lifecycle(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  erase_bucket_setting(*call.state, bucket.name, kLifecycleKind);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteBucketLifecycle", delete_bucket_lifecycle},
    {"GetBucketLifecycleConfiguration", get_bucket_lifecycle},
    {"PutBucketLifecycleConfiguration", put_bucket_lifecycle},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_bucket_lifecycle;
const api::Family s3_bucket_lifecycle{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

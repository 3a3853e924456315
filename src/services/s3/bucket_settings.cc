#include "api/operation.h"
#include "services/s3/bucket.h"
#include "services/s3/errors.h"

/// Settings that cannot be changed yet: they read as those of a new bucket, which is what every bucket here has.
namespace cairn::s3 {
namespace {

/// A setting that a new bucket does not have.
void not_set(api::Call& call, const ErrorKind& kind, std::string_view message) {
  const Bucket bucket = open_bucket(call);
  throw Error(kind, "{}", message).with("BucketName", bucket.name);
}

void get_request_payment(api::Call& call) {
  open_bucket(call);
  call.out["Payer"] = "BucketOwner";
}

/// Never enabled: an empty answer.
void get_nothing(api::Call& call) { open_bucket(call); }

void get_cors(api::Call& call) {
  not_set(call, {.code = "NoSuchCORSConfiguration", .status = 404}, "The CORS configuration does not exist");
}
void get_replication(api::Call& call) {
  not_set(call, {.code = "ReplicationConfigurationNotFoundError", .status = 404}, "The replication configuration was not found");
}
void get_website(api::Call& call) {
  not_set(call, {.code = "NoSuchWebsiteConfiguration", .status = 404}, "The specified bucket does not have a website configuration");
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetBucketAccelerateConfiguration", get_nothing},
    {"GetBucketCors", get_cors},
    {"GetBucketLogging", get_nothing},
    {"GetBucketNotificationConfiguration", get_nothing},
    {"GetBucketReplication", get_replication},
    {"GetBucketRequestPayment", get_request_payment},
    {"GetBucketWebsite", get_website},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_bucket_settings;
const api::Family s3_bucket_settings{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

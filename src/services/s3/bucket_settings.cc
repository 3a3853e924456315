#include "api/operation.h"
#include "services/s3/bucket.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"

/// Settings that mean nothing here. They read as those of a bucket where nobody set them, which is what every bucket here has; what would
/// change that is not implemented.
namespace cairn::s3 {
namespace {

constexpr std::string_view kAccelerationSetting = "acceleration";

Error no_such_configuration(api::Call& call) {
  return not_set(open_bucket(call).name, "NoSuchConfiguration", "The specified configuration does not exist.");
}

/// One of those that have an id, as none was put.
void get_configuration(api::Call& call) { throw no_such_configuration(call); }
void list_configurations(api::Call& call) {
  open_bucket(call);
  call.out["IsTruncated"] = false;
}

void get_acceleration(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  if (bucket_setting(*call.state, bucket.name, kAccelerationSetting)) call.out["Status"] = "Suspended";
}

/// Differs from AWS: acceleration can be suspended only.
void put_acceleration(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const auto configuration = call.in.find("AccelerateConfiguration");
  const std::string status = configuration == call.in.end() ? "" : text_of(*configuration, "Status");
  if (status == "Enabled") throw Error(kNotImplemented, "This server has no other way to a bucket: acceleration is not implemented.");
  if (status != "Suspended") throw malformed_xml();
  put_bucket_setting(*call.state, bucket.name, kAccelerationSetting, {{"Status", status}});
}

void get_request_payment(api::Call& call) {
  open_bucket(call);
  call.out["Payer"] = "BucketOwner";
}

/// Differs from AWS: nobody pays here, so that the owner is the only payer there can be.
void put_request_payment(api::Call& call) {
  open_bucket(call);
  const auto configuration = call.in.find("RequestPaymentConfiguration");
  const std::string payer = configuration == call.in.end() ? "" : text_of(*configuration, "Payer");
  if (payer == "Requester") throw Error(kNotImplemented, "Nobody pays here: a bucket whose requesters pay is not implemented.");
  if (payer != "BucketOwner") throw malformed_xml();
}

void get_replication(api::Call& call) {
  throw not_set(open_bucket(call).name, "ReplicationConfigurationNotFoundError", "The replication configuration was not found");
}
void get_website(api::Call& call) {
  throw not_set(open_bucket(call).name, "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration");
}
/// What is not there is deleted already.
void delete_nothing(api::Call& call) { open_bucket(call); }

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteBucketAnalyticsConfiguration", get_configuration},
    {"DeleteBucketIntelligentTieringConfiguration", get_configuration},
    {"DeleteBucketInventoryConfiguration", get_configuration},
    {"DeleteBucketMetricsConfiguration", get_configuration},
    {"DeleteBucketReplication", delete_nothing},
    {"DeleteBucketWebsite", delete_nothing},
    {"GetBucketAccelerateConfiguration", get_acceleration},
    {"GetBucketAnalyticsConfiguration", get_configuration},
    {"GetBucketIntelligentTieringConfiguration", get_configuration},
    {"GetBucketInventoryConfiguration", get_configuration},
    {"GetBucketMetricsConfiguration", get_configuration},
    {"GetBucketReplication", get_replication},
    {"GetBucketRequestPayment", get_request_payment},
    {"GetBucketWebsite", get_website},
    {"ListBucketAnalyticsConfigurations", list_configurations},
    {"ListBucketIntelligentTieringConfigurations", list_configurations},
    {"ListBucketInventoryConfigurations", list_configurations},
    {"ListBucketMetricsConfigurations", list_configurations},
    {"PutBucketAccelerateConfiguration", put_acceleration},
    {"PutBucketRequestPayment", put_request_payment},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_bucket_settings;
const api::Family s3_bucket_settings{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

#pragma once
#include "api/client.h"
#include "delivery/destination.h"

namespace cairn::delivery {

/// Buckets of this server: CloudTrail calls its S3 like anyone, as the service principal cloudtrail.amazonaws.com. Recorded, and
/// allowed by the bucket's policy or not. `client` must outlive what it began.
std::unique_ptr<Destination> embedded_s3(api::Client& client);

}  // namespace cairn::delivery

#pragma once
#include <string_view>

#include "api/call.h"
#include "aws/policy/context.h"
#include "base/json.h"

namespace cairn::s3 {

struct Bucket;

/// Fills in what conditions of a bucket policy may look at: the global keys as far as they exist here, and S3's own.
void describe_call(const api::Call& call, const Bucket& bucket, aws::policy::Context& context);

/// The same for a call that is only thought of: `headers` are its x-amz-… headers by lower-case name.
void describe_headers(const Json& headers, aws::policy::Context& context);

/// What is always so for a call of our own services: time, region, the bucket's account, TLS, and that nobody calls through a service.
void describe_setting(const Bucket& bucket, const aws::Region& region, Time now, aws::policy::Context& context);

}  // namespace cairn::s3

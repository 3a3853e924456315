#pragma once
#include "api/call.h"
#include "services/s3/bucket.h"

namespace cairn::s3 {

/// MFA Delete: the root user of the bucket's account proves with x-amz-mfa ("SERIAL CODE") that the device is at hand; the code is used
/// up with the call. Throws AccessDenied otherwise; InvalidArgument for a header of another form.
void require_mfa(api::Call& call, const Bucket& bucket);

}  // namespace cairn::s3

#pragma once
#include "api/call.h"
#include "base/json.h"
#include "delivery/trail.h"

/// What CreateTrail and UpdateTrail may set: read, checked, and shown again.
namespace cairn::cloudtrail {

/// Takes over what `in` names; what it does not name stays. Throws CloudTrail's errors for values that have no valid form, that go
/// badly together, or that need a service which is not served here.
void take_settings(const api::Call& call, const Json& in, delivery::Trail& trail);

/// Asks whether the trail's bucket would let its files in. Throws S3BucketDoesNotExistException and
/// InsufficientS3BucketPolicyException, which says what is missing.
/// Whether CloudTrail may encrypt under the trail's key, by asking KMS for a data key as each delivery will; the trail then names the key
/// by its ARN. Throws KmsKeyNotFoundException, KmsKeyDisabledException, KmsException, InsufficientEncryptionPolicyException.
void check_key(api::Call& call, delivery::Trail& trail);
void check_bucket(api::Call& call, const delivery::Trail& trail);

/// Asks whether the caller may hand on the trail's role, and that role put events into its log group. Throws AccessDenied,
/// InvalidCloudWatchLogsRoleArnException, which says what is missing, and InvalidCloudWatchLogsLogGroupArnException.
void check_log_group(api::Call& call, const delivery::Trail& trail);

/// Publishes CloudTrail's validation message to the trail's topic. Throws InsufficientSnsTopicPolicyException.
void check_topic(api::Call& call, const delivery::Trail& trail);

/// As CreateTrail and UpdateTrail answer; as GetTrail and DescribeTrails do.
Json settings_of(const delivery::Trail& trail);
Json description_of(const delivery::Trail& trail);

}  // namespace cairn::cloudtrail

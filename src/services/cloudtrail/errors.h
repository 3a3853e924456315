#pragma once
#include "aws/error.h"

/// CloudTrail's error rows.
namespace cairn::cloudtrail {

using aws::Error;
using aws::ErrorKind;

inline constexpr ErrorKind kCloudTrailArnInvalid{.code = "CloudTrailARNInvalidException"};
inline constexpr ErrorKind kInvalidHomeRegion{.code = "InvalidHomeRegionException"};
inline constexpr ErrorKind kInvalidTrailName{.code = "InvalidTrailNameException"};
inline constexpr ErrorKind kTrailNotFound{.code = "TrailNotFoundException"};

}  // namespace cairn::cloudtrail

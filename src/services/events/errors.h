#pragma once
#include "aws/error.h"

/// EventBridge's error rows.
namespace cairn::events_service {

using aws::Error;
using aws::ErrorKind;

inline constexpr ErrorKind kAlreadyExists{.code = "ResourceAlreadyExistsException"};
inline constexpr ErrorKind kInvalidEventPattern{.code = "InvalidEventPatternException"};
inline constexpr ErrorKind kLimitExceeded{.code = "LimitExceededException"};
inline constexpr ErrorKind kNotFound{.code = "ResourceNotFoundException"};
inline constexpr ErrorKind kPolicyLengthExceeded{.code = "PolicyLengthExceededException"};

inline Error limit_exceeded() { return Error(kLimitExceeded, "The requested resource exceeds the maximum number allowed."); }

}  // namespace cairn::events_service

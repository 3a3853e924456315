#pragma once
#include "aws/error.h"

/// CloudWatch Logs' error rows.
namespace cairn::logs_service {

using aws::Error;
using aws::ErrorKind;

inline constexpr ErrorKind kInvalidParameter{.code = "InvalidParameterException"};
inline constexpr ErrorKind kInvalidOperation{.code = "InvalidOperationException"};
inline constexpr ErrorKind kLimitExceeded{.code = "LimitExceededException"};
inline constexpr ErrorKind kAlreadyExists{.code = "ResourceAlreadyExistsException"};
inline constexpr ErrorKind kNotFound{.code = "ResourceNotFoundException"};
inline constexpr ErrorKind kTooManyTags{.code = "TooManyTagsException"};

inline Error invalid_token() { return Error(kInvalidParameter, "The specified nextToken is invalid."); }

}  // namespace cairn::logs_service

#pragma once
#include "aws/error.h"

/// CloudWatch's error rows.
namespace cairn::cloudwatch {

using aws::Error;
using aws::ErrorKind;

inline constexpr ErrorKind kInvalidValue{.code = "InvalidParameterValueException", .wire_code = "InvalidParameterValue"};
inline constexpr ErrorKind kInvalidCombination{.code = "InvalidParameterCombinationException", .wire_code = "InvalidParameterCombination"};
inline constexpr ErrorKind kMissingParameter{.code = "MissingRequiredParameterException", .wire_code = "MissingParameter"};
inline constexpr ErrorKind kValidationError{.code = "ValidationException", .wire_code = "ValidationError"};
inline constexpr ErrorKind kInvalidFormat{.code = "InvalidFormatFault", .wire_code = "InvalidFormat"};
inline constexpr ErrorKind kInvalidNextToken{.code = "InvalidNextToken"};
inline constexpr ErrorKind kLimitExceeded{.code = "LimitExceededFault", .wire_code = "LimitExceeded"};
inline constexpr ErrorKind kNotFound{.code = "ResourceNotFound", .status = 404};
inline constexpr ErrorKind kNotFoundException{.code = "ResourceNotFoundException", .status = 404};

}  // namespace cairn::cloudwatch

#pragma once
#include "aws/error.h"

/// CloudFormation's error rows.
namespace cairn::cloudformation {

using aws::Error;
using aws::ErrorKind;

inline constexpr ErrorKind kAlreadyExists{.code = "AlreadyExistsException"};
inline constexpr ErrorKind kChangeSetNotFound{.code = "ChangeSetNotFoundException", .status = 404, .wire_code = "ChangeSetNotFound"};
inline constexpr ErrorKind kInsufficientCapabilities{.code = "InsufficientCapabilitiesException"};
inline constexpr ErrorKind kInvalidChangeSetStatus{.code = "InvalidChangeSetStatusException", .wire_code = "InvalidChangeSetStatus"};
inline constexpr ErrorKind kLimitExceeded{.code = "LimitExceededException"};
inline constexpr ErrorKind kTokenAlreadyExists{.code = "TokenAlreadyExistsException"};
inline constexpr ErrorKind kValidationError{.code = "ValidationError"};

}  // namespace cairn::cloudformation

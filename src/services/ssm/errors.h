#pragma once
#include "aws/error.h"

/// SSM's error rows.
namespace cairn::ssm {

using aws::Error;
using aws::ErrorKind;

inline constexpr ErrorKind kHierarchyLevelLimit{.code = "HierarchyLevelLimitExceededException"};
inline constexpr ErrorKind kHierarchyTypeMismatch{.code = "HierarchyTypeMismatchException"};
inline constexpr ErrorKind kInvalidAllowedPattern{.code = "InvalidAllowedPatternException"};
inline constexpr ErrorKind kInvalidFilterKey{.code = "InvalidFilterKey"};
inline constexpr ErrorKind kInvalidFilterOption{.code = "InvalidFilterOption"};
inline constexpr ErrorKind kInvalidFilterValue{.code = "InvalidFilterValue"};
inline constexpr ErrorKind kInvalidKeyId{.code = "InvalidKeyId"};
inline constexpr ErrorKind kInvalidNextToken{.code = "InvalidNextToken"};
inline constexpr ErrorKind kInvalidResourceId{.code = "InvalidResourceId"};
inline constexpr ErrorKind kParameterAlreadyExists{.code = "ParameterAlreadyExists"};
inline constexpr ErrorKind kParameterLimit{.code = "ParameterLimitExceeded"};
inline constexpr ErrorKind kParameterNotFound{.code = "ParameterNotFound"};
inline constexpr ErrorKind kParameterVersionNotFound{.code = "ParameterVersionNotFound"};
inline constexpr ErrorKind kPatternMismatch{.code = "ParameterPatternMismatchException"};
inline constexpr ErrorKind kTooManyTags{.code = "TooManyTagsError"};

inline Error not_found() { return Error(kParameterNotFound, ""); }  // AWS says no more

}  // namespace cairn::ssm

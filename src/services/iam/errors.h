#pragma once
#include "aws/error.h"

/// The errors of IAM's model; wording beside who throws them.
namespace cairn::iam {

using aws::Error;
using aws::ErrorKind;

inline constexpr ErrorKind kNoSuchEntity{.code = "NoSuchEntityException", .status = 404, .wire_code = "NoSuchEntity"};
inline constexpr ErrorKind kAlreadyExists{.code = "EntityAlreadyExistsException", .status = 409, .wire_code = "EntityAlreadyExists"};
inline constexpr ErrorKind kDeleteConflict{.code = "DeleteConflictException", .status = 409, .wire_code = "DeleteConflict"};
inline constexpr ErrorKind kLimitExceeded{.code = "LimitExceededException", .status = 409, .wire_code = "LimitExceeded"};
inline constexpr ErrorKind kMalformedPolicy{
    .code = "MalformedPolicyDocumentException", .status = 400, .wire_code = "MalformedPolicyDocument"};
inline constexpr ErrorKind kInvalidInput{.code = "InvalidInputException", .status = 400, .wire_code = "InvalidInput"};
inline constexpr ErrorKind kInvalidCode{
    .code = "InvalidAuthenticationCodeException", .status = 403, .wire_code = "InvalidAuthenticationCode"};
inline constexpr ErrorKind kInvalidUserType{.code = "InvalidUserTypeException", .status = 400, .wire_code = "InvalidUserType"};
inline constexpr ErrorKind kPasswordPolicyViolation{
    .code = "PasswordPolicyViolationException", .status = 400, .wire_code = "PasswordPolicyViolation"};
inline constexpr ErrorKind kPolicyNotAttachable{.code = "PolicyNotAttachableException", .status = 400, .wire_code = "PolicyNotAttachable"};
inline constexpr ErrorKind kUnmodifiable{.code = "UnmodifiableEntityException", .status = 400, .wire_code = "UnmodifiableEntity"};
inline constexpr ErrorKind kReportNotPresent{.code = "CredentialReportNotPresentException", .status = 410, .wire_code = "ReportNotPresent"};

/// "Cannot exceed quota for AccessKeysPerUser: 2".
inline Error over_quota(std::string_view quota, size_t max) { return Error(kLimitExceeded, "Cannot exceed quota for {}: {}", quota, max); }

/// "Cannot delete entity, must delete policies first."
inline Error in_use(std::string_view what_first) { return Error(kDeleteConflict, "Cannot delete entity, must {} first.", what_first); }

}  // namespace cairn::iam

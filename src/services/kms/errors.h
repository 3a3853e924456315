#pragma once
#include "aws/error.h"

/// KMS's error rows.
namespace cairn::kms {

using aws::Error;
using aws::ErrorKind;

inline constexpr ErrorKind kAlreadyExists{.code = "AlreadyExistsException"};
inline constexpr ErrorKind kCustomKeyStoreNotFound{.code = "CustomKeyStoreNotFoundException"};
inline constexpr ErrorKind kDisabled{.code = "DisabledException"};
inline constexpr ErrorKind kDryRunOperation{.code = "DryRunOperationException"};
inline constexpr ErrorKind kIncorrectKey{.code = "IncorrectKeyException"};
inline constexpr ErrorKind kInvalidAliasName{.code = "InvalidAliasNameException"};
inline constexpr ErrorKind kInvalidArn{.code = "InvalidArnException"};
inline constexpr ErrorKind kInvalidCiphertext{.code = "InvalidCiphertextException"};
inline constexpr ErrorKind kInvalidGrantId{.code = "InvalidGrantIdException"};
inline constexpr ErrorKind kInvalidGrantToken{.code = "InvalidGrantTokenException"};
inline constexpr ErrorKind kInvalidKeyUsage{.code = "InvalidKeyUsageException"};
inline constexpr ErrorKind kInvalidMarker{.code = "InvalidMarkerException"};
inline constexpr ErrorKind kInvalidState{.code = "KMSInvalidStateException"};
inline constexpr ErrorKind kLimitExceeded{.code = "LimitExceededException"};
inline constexpr ErrorKind kMalformedPolicyDocument{.code = "MalformedPolicyDocumentException"};
inline constexpr ErrorKind kNotAuthorized{.code = "NotAuthorizedException"};
inline constexpr ErrorKind kNotFound{.code = "NotFoundException"};
inline constexpr ErrorKind kTag{.code = "TagException"};
inline constexpr ErrorKind kUnsupportedOperation{.code = "UnsupportedOperationException"};

/// The service's words for a parameter that its model does not describe.
inline Error null_member(std::string_view name) {
  return Error(aws::kValidation, "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
               name);
}

}  // namespace cairn::kms

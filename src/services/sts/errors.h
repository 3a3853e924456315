#pragma once
#include "aws/error.h"

/// The errors of STS's model; wording beside who throws them.
namespace cairn::sts {

using aws::Error;
using aws::ErrorKind;

inline constexpr ErrorKind kMalformedPolicy{
    .code = "MalformedPolicyDocumentException", .status = 400, .wire_code = "MalformedPolicyDocument"};
inline constexpr ErrorKind kPackedPolicyTooLarge{
    .code = "PackedPolicyTooLargeException", .status = 400, .wire_code = "PackedPolicyTooLarge"};
inline constexpr ErrorKind kExpiredToken{.code = "ExpiredTokenException", .status = 400};
inline constexpr ErrorKind kInvalidIdentityToken{
    .code = "InvalidIdentityTokenException", .status = 400, .wire_code = "InvalidIdentityToken"};
inline constexpr ErrorKind kIdpCommunication{.code = "IDPCommunicationErrorException", .status = 400, .wire_code = "IDPCommunicationError"};
inline constexpr ErrorKind kInvalidMessage{.code = "InvalidAuthorizationMessageException", .status = 400};
inline constexpr ErrorKind kInvalidParameterValue{.code = "InvalidParameterValue", .status = 400};

}  // namespace cairn::sts

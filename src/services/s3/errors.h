#pragma once
#include "aws/error.h"

/// S3's error rows, with the words S3 uses for them.
namespace cairn::s3 {

using aws::Error;
using aws::ErrorKind;

inline constexpr ErrorKind kAccessControlListNotSupported{.code = "AccessControlListNotSupported", .status = 400};
inline constexpr ErrorKind kAccessDenied{.code = "AccessDenied", .status = 403};
inline constexpr ErrorKind kAuthorizationHeaderMalformed{.code = "AuthorizationHeaderMalformed", .status = 400};
inline constexpr ErrorKind kAuthorizationQueryParametersError{.code = "AuthorizationQueryParametersError", .status = 400};
inline constexpr ErrorKind kBadDigest{.code = "BadDigest", .status = 400};
inline constexpr ErrorKind kBadRequest{.code = "BadRequest", .status = 400};
inline constexpr ErrorKind kBucketAlreadyExists{.code = "BucketAlreadyExists", .status = 409};
inline constexpr ErrorKind kBucketAlreadyOwnedByYou{.code = "BucketAlreadyOwnedByYou", .status = 409};
inline constexpr ErrorKind kBucketNotEmpty{.code = "BucketNotEmpty", .status = 409};
inline constexpr ErrorKind kEntityTooLarge{.code = "EntityTooLarge", .status = 400};
inline constexpr ErrorKind kEntityTooSmall{.code = "EntityTooSmall", .status = 400};
inline constexpr ErrorKind kIllegalVersioning{.code = "IllegalVersioningConfigurationException", .status = 400};
inline constexpr ErrorKind kIllegalLocationConstraint{.code = "IllegalLocationConstraintException", .status = 400};
inline constexpr ErrorKind kInternalError{.code = "InternalError", .status = 500};
inline constexpr ErrorKind kInvalidArgument{.code = "InvalidArgument", .status = 400};
inline constexpr ErrorKind kInvalidBucketAcl{.code = "InvalidBucketAclWithObjectOwnership", .status = 400};
inline constexpr ErrorKind kInvalidBucketName{.code = "InvalidBucketName", .status = 400};
inline constexpr ErrorKind kInvalidBucketOwner{.code = "InvalidBucketOwnerAWSAccountID", .status = 400};
inline constexpr ErrorKind kInvalidBucketState{.code = "InvalidBucketState", .status = 409};
inline constexpr ErrorKind kInvalidEncryptionAlgorithm{.code = "InvalidEncryptionAlgorithmError", .status = 400};
inline constexpr ErrorKind kInvalidLocationConstraint{.code = "InvalidLocationConstraint", .status = 400};
inline constexpr ErrorKind kInvalidPart{.code = "InvalidPart", .status = 400};
inline constexpr ErrorKind kInvalidPartNumber{.code = "InvalidPartNumber", .status = 416};
inline constexpr ErrorKind kInvalidPartOrder{.code = "InvalidPartOrder", .status = 400};
inline constexpr ErrorKind kInvalidRange{.code = "InvalidRange", .status = 416};
inline constexpr ErrorKind kInvalidRequest{.code = "InvalidRequest", .status = 400};
inline constexpr ErrorKind kInvalidStorageClass{.code = "InvalidStorageClass", .status = 400};
inline constexpr ErrorKind kInvalidTag{.code = "InvalidTag", .status = 400};
inline constexpr ErrorKind kInvalidUri{.code = "InvalidURI", .status = 400};
inline constexpr ErrorKind kKeyTooLong{.code = "KeyTooLongError", .status = 400};
inline constexpr ErrorKind kMalformedPolicy{.code = "MalformedPolicy", .status = 400};
inline constexpr ErrorKind kMalformedXml{.code = "MalformedXML", .status = 400};
inline constexpr ErrorKind kMetadataTooLarge{.code = "MetadataTooLarge", .status = 400};
inline constexpr ErrorKind kMethodNotAllowed{.code = "MethodNotAllowed", .status = 405};
inline constexpr ErrorKind kMissingSecurityHeader{.code = "MissingSecurityHeader", .status = 400};
inline constexpr ErrorKind kNoSuchBucket{.code = "NoSuchBucket", .status = 404};
inline constexpr ErrorKind kNoSuchBucketPolicy{.code = "NoSuchBucketPolicy", .status = 404};
inline constexpr ErrorKind kNoSuchKey{.code = "NoSuchKey", .status = 404};
inline constexpr ErrorKind kNoSuchTagSet{.code = "NoSuchTagSet", .status = 404};
inline constexpr ErrorKind kNoSuchUpload{.code = "NoSuchUpload", .status = 404};
inline constexpr ErrorKind kNoSuchVersion{.code = "NoSuchVersion", .status = 404};
inline constexpr ErrorKind kNotImplemented{.code = "NotImplemented", .status = 501};
inline constexpr ErrorKind kPermanentRedirect{.code = "PermanentRedirect", .status = 301};
inline constexpr ErrorKind kPreconditionFailed{.code = "PreconditionFailed", .status = 412};
inline constexpr ErrorKind kServiceUnavailable{.code = "ServiceUnavailable", .status = 503};
inline constexpr ErrorKind kSlowDown{.code = "SlowDown", .status = 503};
inline constexpr ErrorKind kTooManyBuckets{.code = "TooManyBuckets", .status = 400};

/// Errors that several families give.
Error access_denied();
Error no_such_key(std::string_view key);
Error no_such_version(std::string_view key, std::string_view id);
Error malformed_xml();
Error internal_error();
Error invalid_argument(std::string_view message, std::string_view name, std::string_view value);
/// A header that asks for what this server does not do: refused, never ignored.
Error header_not_implemented(std::string_view header);
Error precondition_failed(std::string_view condition);

}  // namespace cairn::s3

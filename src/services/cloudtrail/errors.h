#pragma once
#include "aws/error.h"

/// CloudTrail's error rows.
namespace cairn::cloudtrail {

using aws::Error;
using aws::ErrorKind;

inline constexpr ErrorKind kChannelNotFound{.code = "ChannelNotFoundException"};
inline constexpr ErrorKind kCloudTrailArnInvalid{.code = "CloudTrailARNInvalidException"};
inline constexpr ErrorKind kEventDataStoreNotFound{.code = "EventDataStoreNotFoundException"};
inline constexpr ErrorKind kInsightNotEnabled{.code = "InsightNotEnabledException"};
inline constexpr ErrorKind kInsufficientEncryptionPolicy{.code = "InsufficientEncryptionPolicyException"};
inline constexpr ErrorKind kInsufficientS3BucketPolicy{.code = "InsufficientS3BucketPolicyException"};
inline constexpr ErrorKind kInsufficientSnsTopicPolicy{.code = "InsufficientSnsTopicPolicyException"};
inline constexpr ErrorKind kInvalidCloudWatchLogsLogGroupArn{.code = "InvalidCloudWatchLogsLogGroupArnException"};
inline constexpr ErrorKind kInvalidCloudWatchLogsRoleArn{.code = "InvalidCloudWatchLogsRoleArnException"};
inline constexpr ErrorKind kInvalidEventSelectors{.code = "InvalidEventSelectorsException"};
inline constexpr ErrorKind kInvalidHomeRegion{.code = "InvalidHomeRegionException"};
inline constexpr ErrorKind kInvalidInsightSelectors{.code = "InvalidInsightSelectorsException"};
inline constexpr ErrorKind kInvalidKmsKeyId{.code = "InvalidKmsKeyIdException"};
inline constexpr ErrorKind kInvalidNextToken{.code = "InvalidNextTokenException"};
inline constexpr ErrorKind kInvalidParameter{.code = "InvalidParameterException"};
inline constexpr ErrorKind kInvalidParameterCombination{.code = "InvalidParameterCombinationException"};
inline constexpr ErrorKind kInvalidS3BucketName{.code = "InvalidS3BucketNameException"};
inline constexpr ErrorKind kInvalidS3Prefix{.code = "InvalidS3PrefixException"};
inline constexpr ErrorKind kInvalidSnsTopicName{.code = "InvalidSnsTopicNameException"};
inline constexpr ErrorKind kInvalidTagParameter{.code = "InvalidTagParameterException"};
inline constexpr ErrorKind kInvalidTimeRange{.code = "InvalidTimeRangeException"};
inline constexpr ErrorKind kInvalidToken{.code = "InvalidTokenException"};
inline constexpr ErrorKind kInvalidTrailName{.code = "InvalidTrailNameException"};
inline constexpr ErrorKind kKms{.code = "KmsException"};
inline constexpr ErrorKind kKmsKeyDisabled{.code = "KmsKeyDisabledException"};
inline constexpr ErrorKind kKmsKeyNotFound{.code = "KmsKeyNotFoundException"};
inline constexpr ErrorKind kMaximumNumberOfTrailsExceeded{.code = "MaximumNumberOfTrailsExceededException"};
inline constexpr ErrorKind kOrganizationsNotInUse{.code = "OrganizationsNotInUseException"};
inline constexpr ErrorKind kResourceNotFound{.code = "ResourceNotFoundException"};
inline constexpr ErrorKind kResourceTypeNotSupported{.code = "ResourceTypeNotSupportedException"};
inline constexpr ErrorKind kS3BucketDoesNotExist{.code = "S3BucketDoesNotExistException"};
inline constexpr ErrorKind kTagsLimitExceeded{.code = "TagsLimitExceededException"};
inline constexpr ErrorKind kTrailAlreadyExists{.code = "TrailAlreadyExistsException"};
inline constexpr ErrorKind kTrailNotFound{.code = "TrailNotFoundException"};

}  // namespace cairn::cloudtrail

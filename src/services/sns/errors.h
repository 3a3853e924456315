#pragma once
#include "aws/error.h"

/// SNS's error rows.
namespace cairn::sns {

using aws::Error;
using aws::ErrorKind;

inline constexpr ErrorKind kBatchIdsNotDistinct{.code = "BatchEntryIdsNotDistinctException", .wire_code = "BatchEntryIdsNotDistinct"};
inline constexpr ErrorKind kBatchTooLong{.code = "BatchRequestTooLongException", .wire_code = "BatchRequestTooLong"};
inline constexpr ErrorKind kEmptyBatch{.code = "EmptyBatchRequestException", .wire_code = "EmptyBatchRequest"};
inline constexpr ErrorKind kFilterPolicyLimit{
    .code = "FilterPolicyLimitExceededException", .status = 403, .wire_code = "FilterPolicyLimitExceeded"};
inline constexpr ErrorKind kInvalidBatchId{.code = "InvalidBatchEntryIdException", .wire_code = "InvalidBatchEntryId"};
inline constexpr ErrorKind kInvalidParameter{.code = "InvalidParameterException", .wire_code = "InvalidParameter"};
inline constexpr ErrorKind kInvalidValue{.code = "InvalidParameterValueException", .wire_code = "ParameterValueInvalid"};
inline constexpr ErrorKind kNotFound{.code = "NotFoundException", .status = 404, .wire_code = "NotFound"};
inline constexpr ErrorKind kResourceNotFound{.code = "ResourceNotFoundException", .status = 404, .wire_code = "ResourceNotFound"};
inline constexpr ErrorKind kSubscriptionLimit{
    .code = "SubscriptionLimitExceededException", .status = 403, .wire_code = "SubscriptionLimitExceeded"};
inline constexpr ErrorKind kTagLimit{.code = "TagLimitExceededException", .wire_code = "TagLimitExceeded"};
inline constexpr ErrorKind kTooManyEntries{.code = "TooManyEntriesInBatchRequestException", .wire_code = "TooManyEntriesInBatchRequest"};

inline Error invalid(std::string_view what) { return Error(kInvalidParameter, "Invalid parameter: {}", what); }
inline Error invalid(std::string_view parameter, std::string_view reason) {
  return Error(kInvalidParameter, "Invalid parameter: {} Reason: {}", parameter, reason);
}

}  // namespace cairn::sns

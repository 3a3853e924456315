#pragma once
#include "aws/error.h"

/// SQS's error rows: by the model's names, which newer protocols send; the query protocol's codes stand in the model.
namespace cairn::sqs {

using aws::Error;
using aws::ErrorKind;

inline constexpr ErrorKind kBatchEntryIdsNotDistinct{.code = "BatchEntryIdsNotDistinct"};
inline constexpr ErrorKind kBatchRequestTooLong{.code = "BatchRequestTooLong"};
inline constexpr ErrorKind kEmptyBatchRequest{.code = "EmptyBatchRequest"};
inline constexpr ErrorKind kInvalidAttributeName{.code = "InvalidAttributeName"};
inline constexpr ErrorKind kInvalidAttributeValue{.code = "InvalidAttributeValue"};
inline constexpr ErrorKind kInvalidBatchEntryId{.code = "InvalidBatchEntryId"};
inline constexpr ErrorKind kInvalidMessageContents{.code = "InvalidMessageContents"};
inline constexpr ErrorKind kInvalidParameterValue{.code = "InvalidParameterValue"};
inline constexpr ErrorKind kMessageNotInflight{.code = "MessageNotInflight"};
inline constexpr ErrorKind kMissingParameter{.code = "MissingParameter"};
inline constexpr ErrorKind kOverLimit{.code = "OverLimit", .status = 403};
inline constexpr ErrorKind kPurgeQueueInProgress{.code = "PurgeQueueInProgress", .status = 403};
inline constexpr ErrorKind kQueueDoesNotExist{.code = "QueueDoesNotExist"};
inline constexpr ErrorKind kQueueNameExists{.code = "QueueNameExists"};
inline constexpr ErrorKind kReceiptHandleIsInvalid{.code = "ReceiptHandleIsInvalid"};
inline constexpr ErrorKind kResourceNotFound{.code = "ResourceNotFoundException", .status = 404};
inline constexpr ErrorKind kTooManyEntries{.code = "TooManyEntriesInBatchRequest"};
inline constexpr ErrorKind kUnsupportedOperation{.code = "UnsupportedOperation"};

/// "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: ..."
template <class Value>
Error invalid_value(const Value& value, std::string_view parameter, std::string_view reason) {
  return Error(kInvalidParameterValue, "Value {} for parameter {} is invalid. Reason: {}", value, parameter, reason);
}
inline Error no_such_queue() { return Error(kQueueDoesNotExist, "The specified queue does not exist."); }
inline Error unknown_attribute(std::string_view name) { return Error(kInvalidAttributeName, "Unknown Attribute {}.", name); }

}  // namespace cairn::sqs

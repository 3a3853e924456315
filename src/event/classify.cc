#include "event/classify.h"

#include <algorithm>
#include <array>

namespace cairn::event {
namespace {

/// Operations of one service: tables below are sorted by service, then operation.
struct Row {
  std::string_view service, operation;
  constexpr auto operator<=>(const Row&) const = default;
};
struct Renamed {
  Row row;
  std::string_view name;
};

constexpr auto kNames = std::to_array<Renamed>({
    {{"lambda", "AddLayerVersionPermission"}, "AddLayerVersionPermission20181031"},
    {{"lambda", "AddPermission"}, "AddPermission20150331v2"},
    {{"lambda", "CreateAlias"}, "CreateAlias20150331"},
    {{"lambda", "CreateEventSourceMapping"}, "CreateEventSourceMapping20150331"},
    {{"lambda", "CreateFunction"}, "CreateFunction20150331"},
    {{"lambda", "DeleteAlias"}, "DeleteAlias20150331"},
    {{"lambda", "DeleteEventSourceMapping"}, "DeleteEventSourceMapping20150331"},
    {{"lambda", "DeleteFunction"}, "DeleteFunction20150331"},
    {{"lambda", "DeleteFunctionConcurrency"}, "DeleteFunctionConcurrency20171031"},
    {{"lambda", "DeleteLayerVersion"}, "DeleteLayerVersion20181031"},
    {{"lambda", "GetAccountSettings"}, "GetAccountSettings20160819"},
    {{"lambda", "GetAlias"}, "GetAlias20150331"},
    {{"lambda", "GetEventSourceMapping"}, "GetEventSourceMapping20150331"},
    {{"lambda", "GetFunction"}, "GetFunction20150331v2"},
    {{"lambda", "GetFunctionConfiguration"}, "GetFunctionConfiguration20150331v2"},
    {{"lambda", "GetLayerVersion"}, "GetLayerVersion20181031"},
    {{"lambda", "GetLayerVersionPolicy"}, "GetLayerVersionPolicy20181031"},
    {{"lambda", "GetPolicy"}, "GetPolicy20150331v2"},
    {{"lambda", "ListAliases"}, "ListAliases20150331"},
    {{"lambda", "ListEventSourceMappings"}, "ListEventSourceMappings20150331"},
    {{"lambda", "ListFunctions"}, "ListFunctions20150331"},
    {{"lambda", "ListLayerVersions"}, "ListLayerVersions20181031"},
    {{"lambda", "ListLayers"}, "ListLayers20181031"},
    {{"lambda", "ListTags"}, "ListTags20170331"},
    {{"lambda", "ListVersionsByFunction"}, "ListVersionsByFunction20150331"},
    {{"lambda", "PublishLayerVersion"}, "PublishLayerVersion20181031"},
    {{"lambda", "PublishVersion"}, "PublishVersion20150331"},
    {{"lambda", "PutFunctionConcurrency"}, "PutFunctionConcurrency20171031"},
    {{"lambda", "RemoveLayerVersionPermission"}, "RemoveLayerVersionPermission20181031"},
    {{"lambda", "RemovePermission"}, "RemovePermission20150331v2"},
    {{"lambda", "TagResource"}, "TagResource20170331v2"},
    {{"lambda", "UntagResource"}, "UntagResource20170331v2"},
    {{"lambda", "UpdateAlias"}, "UpdateAlias20150331"},
    {{"lambda", "UpdateEventSourceMapping"}, "UpdateEventSourceMapping20150331"},
    {{"lambda", "UpdateFunctionCode"}, "UpdateFunctionCode20150331v2"},
    {{"lambda", "UpdateFunctionConfiguration"}, "UpdateFunctionConfiguration20150331v2"},
    {{"s3", "DeleteBucketAnalyticsConfiguration"}, "DeleteAnalyticsConfiguration"},
    {{"s3", "DeleteBucketInventoryConfiguration"}, "DeleteInventoryConfiguration"},
    {{"s3", "DeleteBucketMetricsConfiguration"}, "DeleteMetricsConfiguration"},
    {{"s3", "DeletePublicAccessBlock"}, "DeleteBucketPublicAccessBlock"},
    {{"s3", "GetBucketAccelerateConfiguration"}, "GetAccelerateConfiguration"},
    {{"s3", "GetBucketAnalyticsConfiguration"}, "GetAnalyticsConfiguration"},
    {{"s3", "GetBucketInventoryConfiguration"}, "GetInventoryConfiguration"},
    {{"s3", "GetBucketLifecycleConfiguration"}, "GetBucketLifecycle"},
    {{"s3", "GetBucketMetricsConfiguration"}, "GetMetricsConfiguration"},
    {{"s3", "GetBucketNotificationConfiguration"}, "GetBucketNotification"},
    {{"s3", "GetObjectLegalHold"}, "GetObjectLockLegalHold"},
    {{"s3", "GetObjectLockConfiguration"}, "GetBucketObjectLockConfiguration"},
    {{"s3", "GetObjectRetention"}, "GetObjectLockRetention"},
    {{"s3", "GetPublicAccessBlock"}, "GetBucketPublicAccessBlock"},
    {{"s3", "ListObjectsV2"}, "ListObjects"},
    {{"s3", "PutBucketAccelerateConfiguration"}, "PutAccelerateConfiguration"},
    {{"s3", "PutBucketAnalyticsConfiguration"}, "PutAnalyticsConfiguration"},
    {{"s3", "PutBucketInventoryConfiguration"}, "PutInventoryConfiguration"},
    {{"s3", "PutBucketLifecycleConfiguration"}, "PutBucketLifecycle"},
    {{"s3", "PutBucketMetricsConfiguration"}, "PutMetricsConfiguration"},
    {{"s3", "PutBucketNotificationConfiguration"}, "PutBucketNotification"},
    {{"s3", "PutObjectLegalHold"}, "PutObjectLockLegalHold"},
    {{"s3", "PutObjectLockConfiguration"}, "PutBucketObjectLockConfiguration"},
    {{"s3", "PutObjectRetention"}, "PutObjectLockRetention"},
    {{"s3", "PutPublicAccessBlock"}, "PutBucketPublicAccessBlock"},
    {{"s3control", "DeletePublicAccessBlock"}, "DeleteAccountPublicAccessBlock"},
    {{"s3control", "GetPublicAccessBlock"}, "GetAccountPublicAccessBlock"},
    {{"s3control", "PutPublicAccessBlock"}, "PutAccountPublicAccessBlock"},
});
static_assert(std::is_sorted(kNames.begin(), kNames.end(), [](const auto& a, const auto& b) { return a.row < b.row; }));

constexpr auto kDataEvents = std::to_array<Row>({
    {"cloudtrail-data", "PutAuditEvents"},
    {"events", "PutEvents"},
    {"events", "PutPartnerEvents"},
    {"lambda", "Invoke"},
    {"lambda", "InvokeAsync"},
    {"lambda", "InvokeWithResponseStream"},
    {"logs", "PutLogEvents"},
    {"monitoring", "GetMetricData"},
    {"monitoring", "GetMetricStatistics"},
    {"monitoring", "GetMetricWidgetImage"},
    {"monitoring", "ListMetrics"},
    {"monitoring", "PutMetricData"},
    {"s3", "AbortMultipartUpload"},
    {"s3", "CompleteMultipartUpload"},
    {"s3", "CopyObject"},
    {"s3", "CreateMultipartUpload"},
    {"s3", "DeleteObject"},
    {"s3", "DeleteObjectAnnotation"},
    {"s3", "DeleteObjectTagging"},
    {"s3", "DeleteObjects"},
    {"s3", "GetObject"},
    {"s3", "GetObjectAcl"},
    {"s3", "GetObjectAnnotation"},
    {"s3", "GetObjectAttributes"},
    {"s3", "GetObjectLegalHold"},
    {"s3", "GetObjectRetention"},
    {"s3", "GetObjectTagging"},
    {"s3", "GetObjectTorrent"},
    {"s3", "HeadBucket"},
    {"s3", "HeadObject"},
    {"s3", "ListMultipartUploads"},
    {"s3", "ListObjectAnnotations"},
    {"s3", "ListObjectVersions"},
    {"s3", "ListObjects"},
    {"s3", "ListObjectsV2"},
    {"s3", "ListParts"},
    {"s3", "PostObject"},
    {"s3", "PreflightRequest"},
    {"s3", "PutObject"},
    {"s3", "PutObjectAcl"},
    {"s3", "PutObjectAnnotation"},
    {"s3", "PutObjectLegalHold"},
    {"s3", "PutObjectRetention"},
    {"s3", "PutObjectTagging"},
    {"s3", "RenameObject"},
    {"s3", "RestoreObject"},
    {"s3", "SelectObjectContent"},
    {"s3", "UpdateObjectEncryption"},
    {"s3", "UploadPart"},
    {"s3", "UploadPartCopy"},
    {"s3", "WriteGetObjectResponse"},
    {"sns", "Publish"},
    {"sns", "PublishBatch"},
    {"sqs", "ChangeMessageVisibility"},
    {"sqs", "ChangeMessageVisibilityBatch"},
    {"sqs", "DeleteMessage"},
    {"sqs", "DeleteMessageBatch"},
    {"sqs", "GetQueueAttributes"},
    {"sqs", "GetQueueUrl"},
    {"sqs", "ListDeadLetterSourceQueues"},
    {"sqs", "ListQueueTags"},
    {"sqs", "ListQueues"},
    {"sqs", "ReceiveMessage"},
    {"sqs", "SendMessage"},
    {"sqs", "SendMessageBatch"},
});
static_assert(std::is_sorted(kDataEvents.begin(), kDataEvents.end()));

/// Read-only, or not, against what the name says.
struct Exception {
  Row row;
  bool read_only;
};
constexpr auto kReadOnly = std::to_array<Exception>({
    {{"cairn", "DownloadEvents"}, true},
    {{"cairn", "SummarizeEvents"}, true},
    {{"cairn", "TailEvents"}, true},
    {{"iam", "SimulateCustomPolicy"}, true},
    {{"iam", "SimulatePrincipalPolicy"}, true},
    {{"kms", "Decrypt"}, true},
    {{"kms", "Encrypt"}, true},
    {{"kms", "GenerateDataKey"}, true},
    {{"kms", "GenerateDataKeyPair"}, true},
    {{"kms", "GenerateDataKeyPairWithoutPlaintext"}, true},
    {{"kms", "GenerateDataKeyWithoutPlaintext"}, true},
    {{"kms", "GenerateMac"}, true},
    {{"kms", "GenerateRandom"}, true},
    {{"kms", "ReEncrypt"}, true},
    {{"kms", "Sign"}, true},
    {{"kms", "Verify"}, true},
    {{"kms", "VerifyMac"}, true},
    {{"s3", "PreflightRequest"}, true},
    {{"sqs", "ReceiveMessage"}, true},
    {{"sts", "AssumeRole"}, true},
    {{"sts", "AssumeRoleWithSAML"}, true},
    {{"sts", "AssumeRoleWithWebIdentity"}, true},
    {{"sts", "AssumeRoot"}, true},
    {{"sts", "DecodeAuthorizationMessage"}, true},
    {{"sts", "GetFederationToken"}, false},
    {{"sts", "GetSessionToken"}, false},
});
static_assert(std::is_sorted(kReadOnly.begin(), kReadOnly.end(), [](const auto& a, const auto& b) { return a.row < b.row; }));

constexpr auto kReadPrefixes = std::to_array<std::string_view>(
    {"Get", "List", "Describe", "Head", "Lookup", "Search", "Select", "BatchGet", "Filter", "Test", "Validate", "Estimate", "Query"});

}  // namespace

std::string event_name(std::string_view service_key, std::string_view operation) {
  const Row wanted{service_key, operation};
  const auto it = std::lower_bound(kNames.begin(), kNames.end(), wanted, [](const Renamed& a, const Row& b) { return a.row < b; });
  return std::string(it != kNames.end() && it->row == wanted ? it->name : operation);
}

bool is_read_only(std::string_view service_key, std::string_view operation) {
  if (service_key == "signin") return false;
  const Row wanted{service_key, operation};
  const auto it = std::lower_bound(kReadOnly.begin(), kReadOnly.end(), wanted, [](const Exception& a, const Row& b) { return a.row < b; });
  if (it != kReadOnly.end() && it->row == wanted) return it->read_only;
  return std::any_of(kReadPrefixes.begin(), kReadPrefixes.end(), [&](std::string_view prefix) { return operation.starts_with(prefix); });
}

bool is_management(std::string_view service_key, std::string_view operation) {
  return !std::binary_search(kDataEvents.begin(), kDataEvents.end(), Row{service_key, operation});
}

std::string event_source(const aws::ServiceModel& service) {
  return (service.key == "s3control" ? "s3" : service.endpoint_prefix) + ".amazonaws.com";
}

}  // namespace cairn::event

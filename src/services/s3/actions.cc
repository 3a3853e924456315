#include "services/s3/actions.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace cairn::s3 {
namespace {

/// After "Actions, resources, and condition keys for Amazon S3" and each operation's page. Sorted by operation.
constexpr auto kActions = std::to_array<Action>({
    {"AbortMultipartUpload", "s3:AbortMultipartUpload", On::kObject},
    {"CompleteMultipartUpload", "s3:PutObject", On::kObject},
    {"CopyObject", "s3:PutObject", On::kObject},
    {"CreateMultipartUpload", "s3:PutObject", On::kObject},
    {"DeleteBucket", "s3:DeleteBucket", On::kBucket},
    {"DeleteBucketAnalyticsConfiguration", "s3:PutAnalyticsConfiguration", On::kBucket},
    {"DeleteBucketCors", "s3:PutBucketCORS", On::kBucket},
    {"DeleteBucketEncryption", "s3:PutEncryptionConfiguration", On::kBucket},
    {"DeleteBucketIntelligentTieringConfiguration", "s3:PutIntelligentTieringConfiguration", On::kBucket},
    {"DeleteBucketInventoryConfiguration", "s3:PutInventoryConfiguration", On::kBucket},
    {"DeleteBucketLifecycle", "s3:PutLifecycleConfiguration", On::kBucket},
    {"DeleteBucketMetricsConfiguration", "s3:PutMetricsConfiguration", On::kBucket},
    {"DeleteBucketOwnershipControls", "s3:PutBucketOwnershipControls", On::kBucket},
    {"DeleteBucketPolicy", "s3:DeleteBucketPolicy", On::kBucket},
    {"DeleteBucketReplication", "s3:PutReplicationConfiguration", On::kBucket},
    {"DeleteBucketTagging", "s3:PutBucketTagging", On::kBucket},
    {"DeleteBucketWebsite", "s3:DeleteBucketWebsite", On::kBucket},
    {"DeleteObject", "s3:DeleteObject", On::kObject, "s3:DeleteObjectVersion"},
    {"DeleteObjectTagging", "s3:DeleteObjectTagging", On::kObject, "s3:DeleteObjectVersionTagging"},
    {"DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock", On::kBucket},
    {"GetBucketAccelerateConfiguration", "s3:GetAccelerateConfiguration", On::kBucket},
    {"GetBucketAcl", "s3:GetBucketAcl", On::kBucket},
    {"GetBucketAnalyticsConfiguration", "s3:GetAnalyticsConfiguration", On::kBucket},
    {"GetBucketCors", "s3:GetBucketCORS", On::kBucket},
    {"GetBucketEncryption", "s3:GetEncryptionConfiguration", On::kBucket},
    {"GetBucketIntelligentTieringConfiguration", "s3:GetIntelligentTieringConfiguration", On::kBucket},
    {"GetBucketInventoryConfiguration", "s3:GetInventoryConfiguration", On::kBucket},
    {"GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration", On::kBucket},
    {"GetBucketLocation", "s3:GetBucketLocation", On::kBucket},
    {"GetBucketLogging", "s3:GetBucketLogging", On::kBucket},
    {"GetBucketMetricsConfiguration", "s3:GetMetricsConfiguration", On::kBucket},
    {"GetBucketNotificationConfiguration", "s3:GetBucketNotification", On::kBucket},
    {"GetBucketOwnershipControls", "s3:GetBucketOwnershipControls", On::kBucket},
    {"GetBucketPolicy", "s3:GetBucketPolicy", On::kBucket},
    {"GetBucketPolicyStatus", "s3:GetBucketPolicyStatus", On::kBucket},
    {"GetBucketReplication", "s3:GetReplicationConfiguration", On::kBucket},
    {"GetBucketRequestPayment", "s3:GetBucketRequestPayment", On::kBucket},
    {"GetBucketTagging", "s3:GetBucketTagging", On::kBucket},
    {"GetBucketVersioning", "s3:GetBucketVersioning", On::kBucket},
    {"GetBucketWebsite", "s3:GetBucketWebsite", On::kBucket},
    {"GetObject", "s3:GetObject", On::kObject, "s3:GetObjectVersion"},
    {"GetObjectAcl", "s3:GetObjectAcl", On::kObject, "s3:GetObjectVersionAcl"},
    {"GetObjectAttributes", "s3:GetObject", On::kObject, "s3:GetObjectVersion"},
    {"GetObjectAttributes", "s3:GetObjectAttributes", On::kObject, "s3:GetObjectVersionAttributes"},
    {"GetObjectLegalHold", "s3:GetObjectLegalHold", On::kObject},
    {"GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration", On::kBucket},
    {"GetObjectRetention", "s3:GetObjectRetention", On::kObject},
    {"GetObjectTagging", "s3:GetObjectTagging", On::kObject, "s3:GetObjectVersionTagging"},
    {"GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock", On::kBucket},
    {"HeadBucket", "s3:ListBucket", On::kBucket},
    {"HeadObject", "s3:GetObject", On::kObject, "s3:GetObjectVersion"},
    {"ListBucketAnalyticsConfigurations", "s3:GetAnalyticsConfiguration", On::kBucket},
    {"ListBucketIntelligentTieringConfigurations", "s3:GetIntelligentTieringConfiguration", On::kBucket},
    {"ListBucketInventoryConfigurations", "s3:GetInventoryConfiguration", On::kBucket},
    {"ListBucketMetricsConfigurations", "s3:GetMetricsConfiguration", On::kBucket},
    {"ListMultipartUploads", "s3:ListBucketMultipartUploads", On::kBucket},
    {"ListObjectVersions", "s3:ListBucketVersions", On::kBucket},
    {"ListObjects", "s3:ListBucket", On::kBucket},
    {"ListObjectsV2", "s3:ListBucket", On::kBucket},
    {"ListParts", "s3:ListMultipartUploadParts", On::kObject},
    {"PostObject", "s3:PutObject", On::kObject},
    {"PutBucketAccelerateConfiguration", "s3:PutAccelerateConfiguration", On::kBucket},
    {"PutBucketAcl", "s3:PutBucketAcl", On::kBucket},
    {"PutBucketCors", "s3:PutBucketCORS", On::kBucket},
    {"PutBucketEncryption", "s3:PutEncryptionConfiguration", On::kBucket},
    {"PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration", On::kBucket},
    {"PutBucketLogging", "s3:PutBucketLogging", On::kBucket},
    {"PutBucketNotificationConfiguration", "s3:PutBucketNotification", On::kBucket},
    {"PutBucketOwnershipControls", "s3:PutBucketOwnershipControls", On::kBucket},
    {"PutBucketPolicy", "s3:PutBucketPolicy", On::kBucket},
    {"PutBucketRequestPayment", "s3:PutBucketRequestPayment", On::kBucket},
    {"PutBucketTagging", "s3:PutBucketTagging", On::kBucket},
    {"PutBucketVersioning", "s3:PutBucketVersioning", On::kBucket},
    {"PutObject", "s3:PutObject", On::kObject},
    {"PutObjectAcl", "s3:PutObjectAcl", On::kObject, "s3:PutObjectVersionAcl"},
    {"PutObjectLegalHold", "s3:PutObjectLegalHold", On::kObject},
    {"PutObjectLockConfiguration", "s3:PutBucketObjectLockConfiguration", On::kBucket},
    {"PutObjectRetention", "s3:PutObjectRetention", On::kObject},
    {"PutObjectTagging", "s3:PutObjectTagging", On::kObject, "s3:PutObjectVersionTagging"},
    {"PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock", On::kBucket},
    {"UploadPart", "s3:PutObject", On::kObject},
    {"UploadPartCopy", "s3:PutObject", On::kObject},
});
static_assert(std::ranges::is_sorted(kActions, {}, &Action::operation));

}  // namespace

std::span<const Action> actions_of(std::string_view operation) {
  const auto begin = std::ranges::lower_bound(kActions, operation, {}, &Action::operation);
  return {begin, std::ranges::upper_bound(begin, kActions.end(), operation, {}, &Action::operation)};
}

std::optional<On> target_of_action(std::string_view action) {
  for (const Action& known : kActions)
    if (text::equals_ignoring_case(known.name, action) || text::equals_ignoring_case(known.versioned, action)) return known.on;
  return std::nullopt;
}

}  // namespace cairn::s3

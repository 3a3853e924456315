#include "api/operation.h"
#include "delivery/access_log.h"
#include "services/s3/access_log.h"
#include "services/s3/bucket_access.h"
#include "services/s3/bucket_acl.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/look_up_bucket.h"
#include "services/s3/ownership.h"
#include "services/s3/requested_acl.h"

/// GetBucketLogging, PutBucketLogging.
namespace cairn::s3 {
namespace {

constexpr ErrorKind kInvalidTarget{.code = "InvalidTargetBucketForLogging", .status = 400};
constexpr size_t kPrefixBytesMax = 800;  // an object's name has 1024

Error invalid_target(const std::string& target, std::string_view why) {
  return Error(kInvalidTarget, "{}", why).with("TargetBucket", target);
}

/// Where lists count, S3 asks for the group's permissions at once; a policy it finds wanting when the first lines are due.
void require_delivery(api::Call& call, const Bucket& source, const Bucket& target, const std::string& prefix) {
  if (!has_lists(ownership_of(*call.state, target.name))) return;
  bool may_write = false, may_read_list = false;
  for (const Grant& grant : bucket_grants(*call.state, target)) {
    if (grant.grantee != kLogDelivery) continue;
    may_write |= grant.permission == Permission::kWrite || grant.permission == Permission::kFullControl;
    may_read_list |= grant.permission == Permission::kReadAcp || grant.permission == Permission::kFullControl;
  }
  if (may_write && may_read_list) return;
  api::BucketAccess::Ask ask{.principal = {}, .bucket = target.name, .key = prefix + "x", .action = "s3:PutObject", .now = call.now};
  ask.principal.kind = aws::Principal::Kind::kService;
  ask.principal.user_name = std::string(delivery::kAccessLogService);
  ask.principal.source_arn = "arn:aws:s3:::" + source.name;
  ask.principal.source_account = source.account;
  if (PolicyBucketAccess().check(*call.state, ask)) return;
  throw invalid_target(target.name, "You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket");
}

void check_grants(api::Call& call, const Bucket& target, const Json& logging) {
  const auto grants = logging.find("TargetGrants");
  if (grants == logging.end() || grants->empty()) return;
  if (!has_lists(ownership_of(*call.state, target.name)))
    throw Error(kInvalidArgument,
                "The target bucket for logging has the bucket owner enforced setting for Object Ownership: "
                "TargetGrants are not allowed")
        .with("ArgumentName", "TargetGrants");
  if (grants->size() > kGrantsMax) throw malformed_xml();
  for (const Json& grant : *grants) {
    const auto grantee = grant.find("Grantee");
    const std::string permission = text_of(grant, "Permission");
    if (grantee == grant.end() ||
        (permission != "FULL_CONTROL" && permission != "READ" && permission != "WRITE" && permission != "READ_ACP"))
      throw malformed_xml();
    const std::string type = text_of(*grantee, "Type");
    if (type == "AmazonCustomerByEmail")
      throw Error({.code = "UnresolvableGrantByEmailAddress", .status = 400},
                  "The e-mail address you provided does not match any account on "
                  "record.");
    const std::string id = text_of(*grantee, "ID");
    const bool is_user = type == "CanonicalUser" && !id.empty();
    if (!is_user && !(type == "Group" && is_group(text_of(*grantee, "URI")))) throw malformed_xml();
    if (is_user) check_canonical_id(call, target, id);  // it becomes a header of each delivery
  }
}

void check_format(const Json& logging) {
  const auto format = logging.find("TargetObjectKeyFormat");
  if (format == logging.end()) return;
  const bool simple = format->contains("SimplePrefix"), partitioned = format->contains("PartitionedPrefix");
  if (simple == partitioned) throw malformed_xml();
  if (!partitioned) return;
  const std::string source = text_of(format->at("PartitionedPrefix"), "PartitionDateSource");
  if (!source.empty() && source != "EventTime" && source != "DeliveryTime") throw malformed_xml();
}

/// Differs from AWS: lines are there within the interval of deliveries, and none is lost but for a target that takes none for an hour;
/// calls whose signature does not hold, and the deliveries of logs themselves, have no line.
void put_logging(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const auto status = call.in.find("BucketLoggingStatus");
  if (status == call.in.end()) throw malformed_xml();
  const auto logging = status->find("LoggingEnabled");
  if (logging != status->end()) {
    const std::string target_name = text_of(*logging, "TargetBucket"), prefix = text_of(*logging, "TargetPrefix");
    if (prefix.size() > kPrefixBytesMax) throw malformed_xml();
    const std::optional<Bucket> target = look_up_bucket(*call.state, target_name);
    if (!target) throw invalid_target(target_name, "The target bucket for logging does not exist");
    if (target->account != bucket.account)
      throw invalid_target(target_name, "The owner for the bucket to be logged and the target bucket must be the same.");
    if (target->region != bucket.region) {
      // S3's own spelling.
      Error error = Error({.code = "CrossLocationLoggingProhibitted", .status = 403}, "Cross S3 location logging not allowed. ")
                        .with("TargetBucketLocation", target->region.str());
      if (bucket.region != aws::kGlobalRegion) error.details.emplace(error.details.begin(), "SourceBucketLocation", bucket.region.str());
      throw error;
    }
    check_format(*logging);
    check_grants(call, *target, *logging);
    require_delivery(call, bucket, *target, prefix);
    put_bucket_setting(*call.state, bucket.name, kLoggingSetting, *logging);
  } else {
    erase_bucket_setting(*call.state, bucket.name, kLoggingSetting);
  }
}

void get_logging(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  if (auto logging = bucket_setting(*call.state, bucket.name, kLoggingSetting)) call.out["LoggingEnabled"] = std::move(*logging);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetBucketLogging", get_logging},
    {"PutBucketLogging", put_logging},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_bucket_logging;
const api::Family s3_bucket_logging{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

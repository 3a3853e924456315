#include "services/cloudtrail/settings.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "api/pass_role.h"
#include "api/ports.h"
#include "api/within.h"
#include "archive/object_names.h"
#include "aws/names.h"
#include "aws/policy/decide.h"
#include "base/check.h"
#include "base/text.h"
#include "delivery/log_role.h"
#include "identity/policies.h"
#include "services/cloudtrail/errors.h"

namespace cairn::cloudtrail {
namespace {

constexpr size_t kPrefixBytesMax = 640;
constexpr size_t kPrefixCharactersMax = 200, kTopicCharactersMax = 256;

bool is_word(std::string_view s, std::string_view punctuation) {
  return !s.empty() && std::ranges::all_of(s, [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || punctuation.find(c) != std::string_view::npos;
  });
}

/// The resource part of an ARN of this service; "" for anything else. It may hold colons. IAM's ARNs have no region.
std::string_view resource_of(std::string_view arn, std::string_view service, std::string* region = nullptr) {
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (parts.size() < 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != service || !aws::is_account_id(parts[4])) return "";
  if (service == "iam" ? !parts[3].empty() : !aws::is_region(parts[3])) return "";
  if (region != nullptr) *region = parts[3];
  return arn.substr(static_cast<size_t>(parts[5].data() - arn.data()));
}

void check_bucket_name(std::string_view name) {
  if (name.empty()) throw Error(kInvalidS3BucketName, "Bucket name cannot be blank!");
  if (!aws::is_bucket_name(name) || name.find("-.") != name.npos || name.find(".-") != name.npos)
    throw Error(
        kInvalidS3BucketName,
        "{} is not a valid bucket name: 3 to 63 lower-case letters, digits, periods and dashes, which begins and ends with a letter "
        "or a digit, is no IP address, and has no period beside a period or a dash.",
        name);
}

void check_prefix(std::string_view prefix) {
  if (text::code_points(prefix) > kPrefixCharactersMax)
    throw Error(kInvalidS3Prefix, "S3 prefix is longer than maximum length: {}", kPrefixCharactersMax);
  // The longest name of a digest takes 340 of the 1,024 bytes that S3 allows a key.
  if (prefix.size() > kPrefixBytesMax)
    throw Error(kInvalidS3Prefix, "S3 prefix is longer than {} bytes: with it, keys would be longer than S3 allows", kPrefixBytesMax);
}

/// The ARN of a topic that is called by it, or by its name in the call's region.
std::string topic_arn(const api::Call& call, const std::string& topic) {
  const std::string_view name = topic.starts_with("arn:") ? resource_of(topic, "sns") : topic;
  if (text::code_points(topic) > kTopicCharactersMax || !is_word(name, "_-"))
    throw Error(kInvalidSnsTopicName, "{} is not a valid SNS topic name or ARN.", topic);
  if (topic.starts_with("arn:")) return topic;
  return fmt::format("arn:aws:sns:{}:{}:{}", call.region.str(), call.account.str(), topic);
}

void check_key_name(std::string_view key) {
  const bool is_arn = key.starts_with("arn:");
  const std::string_view name = is_arn ? resource_of(key, "kms") : key;
  const bool valid = name.starts_with("alias/") ? is_word(name.substr(6), "/_-")
                     : is_arn                   ? name.starts_with("key/") && is_word(name.substr(4), "-")
                                                : is_word(name, "-");
  if (!valid) throw Error(kInvalidKmsKeyId, "{} is not a valid KMS key ID, alias or ARN.", key);
}

aws::Principal cloudtrail_for(const delivery::Trail& trail) {
  aws::Principal principal;
  principal.kind = aws::Principal::Kind::kService;
  principal.user_name = "cloudtrail.amazonaws.com";
  principal.source_arn = trail.arn();
  principal.source_account = trail.account;
  return principal;
}

/// Both empty: the trail has none from now on.
void take_log_group(const api::Call& call, const std::string& group, const std::string& role, delivery::Trail& trail) {
  trail.log_group = group;
  trail.log_role = role;
  if (group.empty() && role.empty()) return;
  if (role.empty()) throw Error(kInvalidCloudWatchLogsRoleArn, "You must specify a role ARN as well as a log group.");
  if (group.empty()) throw Error(kInvalidCloudWatchLogsLogGroupArn, "You must specify a log group as well as a role ARN.");
  std::string region;
  const std::string_view resource = resource_of(group, "logs", &region);
  if (!resource.starts_with("log-group:") || !resource.ends_with(":*") || resource.size() <= std::string_view("log-group::*").size())
    throw Error(kInvalidCloudWatchLogsLogGroupArn, "CloudTrail cannot validate the specified log group ARN.");
  if (text::split(group, ':')[4] != call.account.str())
    throw Error(kInvalidCloudWatchLogsLogGroupArn, "CloudTrail cannot validate the specified log group ARN.");
  if (region != call.region.str())
    throw Error(kInvalidCloudWatchLogsLogGroupArn, "You must specify a log group that is in the current region");
  if (!resource_of(role, "iam").starts_with("role/"))
    throw Error(kInvalidCloudWatchLogsRoleArn, "CloudTrail cannot validate the specified role ARN.");
}

api::BucketAccess::Ask ask_of(const api::Call& call, const delivery::Trail& trail) {
  api::BucketAccess::Ask ask;
  ask.principal = cloudtrail_for(trail);
  ask.bucket = trail.bucket;
  ask.now = call.now;
  return ask;
}

Json first_members_of(const delivery::Trail& trail) {
  Json out = {{"Name", trail.name}, {"S3BucketName", trail.bucket}};
  if (!trail.prefix.empty()) out["S3KeyPrefix"] = trail.prefix;
  if (!trail.sns_topic.empty()) {
    out["SnsTopicName"] = text::split(trail.sns_topic, ':')[5];
    out["SnsTopicARN"] = trail.sns_topic;
  }
  out["IncludeGlobalServiceEvents"] = trail.global_events;
  out["IsMultiRegionTrail"] = trail.multi_region;
  return out;
}

void show_log_group(const delivery::Trail& trail, Json& out) {
  if (trail.log_group.empty()) return;
  out["CloudWatchLogsLogGroupArn"] = trail.log_group;
  out["CloudWatchLogsRoleArn"] = trail.log_role;
}

}  // namespace

void take_settings(const api::Call& call, const Json& in, delivery::Trail& trail) {
  const auto text = [&](const char* name) { return in.value(name, std::string()); };
  const auto flag = [&](const char* name, bool& setting) { setting = in.value(name, setting); };

  if (in.value("IsOrganizationTrail", false))
    throw Error(kOrganizationsNotInUse,
                "This account is not a member of an organization. To make this request, sign in using the credentials of an account that "
                "belongs to an organization.");
  flag("IsMultiRegionTrail", trail.multi_region);
  flag("IncludeGlobalServiceEvents", trail.global_events);
  flag("EnableLogFileValidation", trail.validation);
  flag("RecursiveLogging", trail.recursive);
  if (trail.multi_region && !trail.global_events)
    throw Error(kInvalidParameterCombination, "Multi-Region trail must include global service events.");
  if (in.contains("S3BucketName")) trail.bucket = text("S3BucketName");
  check_bucket_name(trail.bucket);
  if (in.contains("S3KeyPrefix")) trail.prefix = text("S3KeyPrefix");
  check_prefix(trail.prefix);
  if (in.contains("SnsTopicName")) trail.sns_topic = text("SnsTopicName").empty() ? "" : topic_arn(call, text("SnsTopicName"));
  if (in.contains("KmsKeyId")) trail.kms_key = text("KmsKeyId");
  if (!trail.kms_key.empty()) check_key_name(trail.kms_key);
  if (in.contains("CloudWatchLogsLogGroupArn") || in.contains("CloudWatchLogsRoleArn"))
    take_log_group(call, in.value("CloudWatchLogsLogGroupArn", trail.log_group), in.value("CloudWatchLogsRoleArn", trail.log_role), trail);
}

void check_bucket(api::Call& call, const delivery::Trail& trail) {
  api::BucketAccess* buckets = call.ports->buckets;
  CHECK(buckets != nullptr);
  const auto ask = [&](const api::BucketAccess::Ask& question) {
    const auto answer = buckets->check(*call.state, question);
    if (answer) return;
    if (answer.error().kind == api::BucketAccess::Refusal::kNoSuchBucket)
      throw Error(kS3BucketDoesNotExist, "S3 bucket {} does not exist!", trail.bucket);
    throw Error(kInsufficientS3BucketPolicy, "Incorrect S3 bucket policy is detected for bucket: {} ({})", trail.bucket,
                answer.error().reason);
  };
  api::BucketAccess::Ask acl = ask_of(call, trail);
  acl.action = "s3:GetBucketAcl";
  ask(acl);
  api::BucketAccess::Ask put = ask_of(call, trail);
  put.action = "s3:PutObject";
  put.key = archive::log_file_key({.prefix = trail.prefix, .account = trail.account}, trail.home, call.now, std::string(16, '0'));
  put.headers = {{"x-amz-acl", "bucket-owner-full-control"},
                 {"x-amz-server-side-encryption", trail.kms_key.empty() ? "AES256" : "aws:kms"}};
  if (!trail.kms_key.empty()) put.headers["x-amz-server-side-encryption-aws-kms-key-id"] = trail.kms_key;
  ask(put);
}

void check_key(api::Call& call, delivery::Trail& trail) {
  if (trail.kms_key.empty() || call.ports->buckets->is_elsewhere(trail.bucket)) return;  // there, its own KMS says it when it is used
  const std::string name = trail.kms_key;
  const auto parts = text::split(name, ':');
  const aws::Region region = parts.size() > 3 ? aws::Region(std::string(parts[3])) : call.region;
  const auto ask = [&](std::string_view operation, Json in) {
    in["KeyId"] = name;
    return api::call_within(call, {.service = "kms",
                                   .operation = operation,
                                   .in = std::move(in),
                                   .region = region,
                                   .invoked_by = {},
                                   .service_itself = cloudtrail_for(trail),
                                   .account = trail.account});
  };
  try {
    trail.kms_key = ask("DescribeKey", Json::object())["KeyMetadata"]["Arn"].get<std::string>();
    ask("GenerateDataKey", {{"KeySpec", "AES_256"}, {"EncryptionContext", {{"aws:cloudtrail:arn", trail.arn()}}}});
  } catch (const Error& refusal) {
    const std::string_view code = refusal.kind.code;
    if (code == "NotFoundException") throw Error(kKmsKeyNotFound, "{}", refusal.message);
    if (code == "DisabledException") throw Error(kKmsKeyDisabled, "{}", refusal.message);
    if (code.starts_with("AccessDenied"))
      throw Error(kInsufficientEncryptionPolicy, "Insufficient permissions to access S3 bucket {} or KMS key {}.", trail.bucket, name);
    throw Error(kKms, "{}", refusal.message);
  }
}

void check_topic(api::Call& call, const delivery::Trail& trail) {
  if (trail.sns_topic.empty()) return;
  try {
    api::call_within(call, {.service = "sns",
                            .operation = "Publish",
                            .in = {{"TopicArn", trail.sns_topic}, {"Message", "CloudTrail validation message."}},
                            .region = aws::Region(std::string(text::split(trail.sns_topic, ':')[3])),
                            .invoked_by = {},
                            .service_itself = cloudtrail_for(trail),
                            .account = trail.account});
  } catch (const Error&) {
    throw Error(kInsufficientSnsTopicPolicy, "SNS Topic does not exist or the topic policy is incorrect!");
  }
}

void check_log_group(api::Call& call, const delivery::Trail& trail) {
  if (trail.log_group.empty()) return;
  api::require_pass_role(call, trail.log_role, "cloudtrail.amazonaws.com");
  if (!call.ports->log_groups->exists(*call.state, trail.log_group))
    throw Error(kInvalidCloudWatchLogsLogGroupArn, "CloudTrail cannot validate the specified log group ARN. (There is no such log group.)");
  const Result<aws::Principal> role = delivery::take_on_log_role(*call.state, trail, call.now);
  if (!role)
    throw Error(kInvalidCloudWatchLogsRoleArn, "Access denied. Check the trust relationships for your role. ({})", role.error().message);
  const auto policies = call.ports->directory->policies_of(*role);
  aws::policy::Request request;
  request.caller = aws::policy::caller_of(*role);
  request.resource = fmt::format("{}log-stream:{}_CloudTrail_{}", trail.log_group.substr(0, trail.log_group.size() - 1),
                                 trail.account.str(), trail.home.str());
  aws::policy::describe_caller(*role, call.now, request.context);
  for (const char* action : {"logs:CreateLogStream", "logs:PutLogEvents"}) {
    request.action = action;
    if (!aws::policy::decide(request, policies->policies()).allowed())
      throw Error(kInvalidCloudWatchLogsRoleArn, "Access denied. Check the permissions for your role. (It needs {} on {}.)", action,
                  request.resource);
  }
}

Json settings_of(const delivery::Trail& trail) {
  Json out = first_members_of(trail);
  out["TrailARN"] = trail.arn();
  out["LogFileValidationEnabled"] = trail.validation;
  if (!trail.kms_key.empty()) out["KmsKeyId"] = trail.kms_key;
  show_log_group(trail, out);
  out["IsOrganizationTrail"] = false;
  if (!trail.recursive) out["RecursiveLogging"] = false;
  return out;
}

Json description_of(const delivery::Trail& trail) {
  Json out = first_members_of(trail);
  out["HomeRegion"] = trail.home.str();
  out["TrailARN"] = trail.arn();
  out["LogFileValidationEnabled"] = trail.validation;
  show_log_group(trail, out);
  out["HasCustomEventSelectors"] = !trail.event_selectors.empty() || !trail.advanced_event_selectors.empty();
  out["HasInsightSelectors"] = !trail.insight_selectors.empty();
  if (!trail.kms_key.empty()) out["KmsKeyId"] = trail.kms_key;
  out["IsOrganizationTrail"] = false;
  if (!trail.recursive) out["RecursiveLogging"] = false;
  return out;
}

}  // namespace cairn::cloudtrail

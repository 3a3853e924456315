#include "services/cloudformation/types/s3/settings.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace cairn::cloudformation {
namespace {

/// Moves a member to another name.
void rename(Json& object, const char* from, const char* to) {
  const auto it = object.find(from);
  if (it == object.end()) return;
  Json value = std::move(*it);
  object.erase(from);
  object[to] = std::move(value);
}

Json taken(Json& object, const char* name) {
  const auto it = object.find(name);
  if (it == object.end()) return Json();
  Json value = std::move(*it);
  object.erase(name);
  return value;
}

Json encryption(const Json& property) {
  Json rules = property.at("ServerSideEncryptionConfiguration");
  for (Json& rule : rules) rename(rule, "ServerSideEncryptionByDefault", "ApplyServerSideEncryptionByDefault");
  return {{"Rules", std::move(rules)}};
}

Json lifecycle_rule(Json rule) {
  Json out = Json::object();
  Json filter = Json::object();
  size_t conditions = 0;
  for (const char* name : {"Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan"})
    if (Json value = taken(rule, name); !value.is_null()) {
      filter[name] = std::move(value);
      ++conditions;
    }
  const Json tags = taken(rule, "TagFilters");
  conditions += tags.size();
  if (conditions > 1) {
    if (!tags.empty()) filter["Tags"] = tags;
    out["Filter"] = {{"And", std::move(filter)}};
  } else if (tags.size() == 1) {
    out["Filter"] = {{"Tag", tags.at(0)}};
  } else {
    if (filter.empty()) filter["Prefix"] = "";
    out["Filter"] = std::move(filter);
  }
  Json expiration = Json::object();
  if (Json days = taken(rule, "ExpirationInDays"); !days.is_null()) expiration["Days"] = std::move(days);
  if (Json date = taken(rule, "ExpirationDate"); !date.is_null()) expiration["Date"] = std::move(date);
  if (Json marker = taken(rule, "ExpiredObjectDeleteMarker"); !marker.is_null())
    expiration["ExpiredObjectDeleteMarker"] = std::move(marker);
  if (!expiration.empty()) out["Expiration"] = std::move(expiration);
  if (Json days = taken(rule, "NoncurrentVersionExpirationInDays"); !days.is_null())
    out["NoncurrentVersionExpiration"] = {{"NoncurrentDays", std::move(days)}};
  const auto transitions = [&](const char* one, const char* many, const char* to, const char* days) {
    Json list = taken(rule, many);
    if (!list.is_array()) list = Json::array();
    if (Json single = taken(rule, one); !single.is_null()) list.push_back(std::move(single));
    for (Json& each : list) {
      rename(each, "TransitionInDays", days);
      rename(each, "TransitionDate", "Date");
    }
    if (!list.empty()) out[to] = std::move(list);
  };
  transitions("Transition", "Transitions", "Transitions", "Days");
  transitions("NoncurrentVersionTransition", "NoncurrentVersionTransitions", "NoncurrentVersionTransitions", "NoncurrentDays");
  for (auto& [name, value] : rule.items()) out[name == "Id" ? "ID" : name] = value;
  return out;
}

Json lifecycle(const Json& property) {
  Json rules = Json::array();
  for (const Json& rule : property.at("Rules")) rules.push_back(lifecycle_rule(rule));
  return {{"Rules", std::move(rules)}};
}

Json logging(const Json& property) {
  Json enabled = property;
  rename(enabled, "DestinationBucketName", "TargetBucket");
  rename(enabled, "LogFilePrefix", "TargetPrefix");
  if (!enabled.contains("TargetPrefix")) enabled["TargetPrefix"] = "";
  return {{"LoggingEnabled", std::move(enabled)}};
}

Json cors(const Json& property) {
  Json rules = property.at("CorsRules");
  for (Json& rule : rules) {
    rename(rule, "ExposedHeaders", "ExposeHeaders");
    rename(rule, "MaxAge", "MaxAgeSeconds");
  }
  return {{"CORSRules", std::move(rules)}};
}

Json notification_rules(const Json& list, const char* target, const char* target_member) {
  Json out = Json::array();
  for (Json each : list) {
    rename(each, target, target_member);
    each["Events"] = Json::array({taken(each, "Event")});
    if (Json filter = taken(each, "Filter"); !filter.is_null())
      each["Filter"] = {{"Key", {{"FilterRules", filter.at("S3Key").at("Rules")}}}};
    out.push_back(std::move(each));
  }
  return out;
}

Json notification(const Json& property) {
  Json out = Json::object();
  for (const auto& [name, value] : property.items()) {
    if (name == "QueueConfigurations") out[name] = notification_rules(value, "Queue", "QueueArn");
    else if (name == "TopicConfigurations") out[name] = notification_rules(value, "Topic", "TopicArn");
    else if (name == "LambdaConfigurations")
      out["LambdaFunctionConfigurations"] = notification_rules(value, "Function", "LambdaFunctionArn");
    else if (name == "EventBridgeConfiguration") {
      if (!value.is_object() || to_flag(value.value("EventBridgeEnabled", Json(true)))) out[name] = Json::object();
    } else out[name] = value;
  }
  return out;
}

// What is read: the other way round.

Json read_encryption(const Json& answer) {
  Json rules = answer.at("ServerSideEncryptionConfiguration").at("Rules");
  for (Json& rule : rules) rename(rule, "ApplyServerSideEncryptionByDefault", "ServerSideEncryptionByDefault");
  return {{"ServerSideEncryptionConfiguration", std::move(rules)}};
}

Json read_lifecycle_rule(Json rule) {
  Json out = Json::object();
  rename(rule, "ID", "Id");
  Json filter = taken(rule, "Filter");
  if (filter.is_object() && filter.contains("And")) filter = Json(filter.at("And"));
  if (filter.is_object())
    for (auto& [name, value] : filter.items()) {
      if (name == "Tag") out["TagFilters"] = Json::array({value});
      else if (name == "Tags") out["TagFilters"] = value;
      else if (name != "Prefix" || value != "") out[name] = value;
    }
  const Json expiration = taken(rule, "Expiration");
  if (expiration.is_object())
    for (const auto& [name, value] : expiration.items())
      out[name == "Days" ? "ExpirationInDays" : name == "Date" ? "ExpirationDate" : name] = value;
  for (const char* name : {"Transitions", "NoncurrentVersionTransitions"}) {
    const auto list = rule.find(name);
    if (list == rule.end()) continue;
    for (Json& each : *list) {
      rename(each, "Days", "TransitionInDays");
      rename(each, "NoncurrentDays", "TransitionInDays");
      rename(each, "Date", "TransitionDate");
    }
  }
  for (auto& [name, value] : rule.items()) out[name] = value;
  return out;
}

Json read_lifecycle(const Json& answer) {
  Json rules = Json::array();
  for (const Json& rule : answer.at("Rules")) rules.push_back(read_lifecycle_rule(rule));
  return {{"Rules", std::move(rules)}};
}

Json read_logging(const Json& answer) {
  if (!answer.contains("LoggingEnabled")) return Json();
  Json enabled = answer.at("LoggingEnabled");
  rename(enabled, "TargetBucket", "DestinationBucketName");
  rename(enabled, "TargetPrefix", "LogFilePrefix");
  return enabled;
}

Json read_cors(const Json& answer) {
  Json rules = answer.at("CORSRules");
  for (Json& rule : rules) {
    rename(rule, "ExposeHeaders", "ExposedHeaders");
    rename(rule, "MaxAgeSeconds", "MaxAge");
  }
  return {{"CorsRules", std::move(rules)}};
}

Json read_acceleration(const Json& answer) { return {{"AccelerationStatus", answer.value("Status", "Suspended")}}; }
Json read_tagging(const Json& answer) { return answer.at("TagSet"); }

Json acceleration(const Json& property) { return {{"Status", property.at("AccelerationStatus")}}; }

}  // namespace

std::span<const BucketSetting> bucket_settings() {
  static const std::vector<BucketSetting> kSettings = {
      {.property = "OwnershipControls",
       .put = "PutBucketOwnershipControls",
       .member = "OwnershipControls",
       .remove = "DeleteBucketOwnershipControls",
       .is_of_creation = true,
       .get = "GetBucketOwnershipControls",
       .members = {"Rules"}},
      {.property = "PublicAccessBlockConfiguration",
       .put = "PutPublicAccessBlock",
       .member = "PublicAccessBlockConfiguration",
       .remove = "DeletePublicAccessBlock",
       .get = "GetPublicAccessBlock"},
      {.property = "AccessControl", .put = "PutBucketAcl", .member = "ACL", .is_of_creation = true},
      {.property = "VersioningConfiguration",
       .put = "PutBucketVersioning",
       .member = "VersioningConfiguration",
       .empty = {{"Status", "Suspended"}},
       .get = "GetBucketVersioning"},
      {.property = "ObjectLockConfiguration",
       .put = "PutObjectLockConfiguration",
       .member = "ObjectLockConfiguration",
       .get = "GetObjectLockConfiguration"},
      {.property = "BucketEncryption",
       .put = "PutBucketEncryption",
       .member = "ServerSideEncryptionConfiguration",
       .written = encryption,
       .remove = "DeleteBucketEncryption",
       .get = "GetBucketEncryption",
       .members = {"ServerSideEncryptionConfiguration"},
       .read = read_encryption},
      {.property = "LifecycleConfiguration",
       .put = "PutBucketLifecycleConfiguration",
       .member = "LifecycleConfiguration",
       .written = lifecycle,
       .remove = "DeleteBucketLifecycle",
       .get = "GetBucketLifecycleConfiguration",
       .members = {"Rules", "TransitionDefaultMinimumObjectSize"},
       .read = read_lifecycle},
      {.property = "LoggingConfiguration",
       .put = "PutBucketLogging",
       .member = "BucketLoggingStatus",
       .written = logging,
       .get = "GetBucketLogging",
       .read = read_logging},
      {.property = "CorsConfiguration",
       .put = "PutBucketCors",
       .member = "CORSConfiguration",
       .written = cors,
       .remove = "DeleteBucketCors",
       .get = "GetBucketCors",
       .members = {"CorsRules"},
       .read = read_cors},
      {.property = "NotificationConfiguration",
       .put = "PutBucketNotificationConfiguration",
       .member = "NotificationConfiguration",
       .written = notification},
      {.property = "AccelerateConfiguration",
       .put = "PutBucketAccelerateConfiguration",
       .member = "AccelerateConfiguration",
       .written = acceleration,
       .empty = {{"Status", "Suspended"}},
       .get = "GetBucketAccelerateConfiguration",
       .members = {"AccelerationStatus"},
       .read = read_acceleration},
      {.property = "Tags",
       .put = "PutBucketTagging",
       .member = "Tagging",
       .remove = "DeleteBucketTagging",
       .get = "GetBucketTagging",
       .read = read_tagging},
  };
  return kSettings;
}

void read_setting(Doing& doing, const BucketSetting& setting) {
  if (setting.get.empty()) return;
  const std::string property(setting.property);
  const auto answer = doing.call_unless(
      {"NoSuchTagSet", "NoSuchCORSConfiguration", "NoSuchLifecycleConfiguration", "NoSuchPublicAccessBlockConfiguration",
       "OwnershipControlsNotFoundError", "ObjectLockConfigurationNotFoundError", "ServerSideEncryptionConfigurationNotFoundError"},
      "s3", setting.get, {{"Bucket", doing.physical}});
  if (!answer) doing.live[property] = property == "Tags" ? Json::array() : Json();
  else if (property == "Tags") read_tags(doing, setting.read(*answer));
  else if (setting.read != nullptr) doing.live[property] = setting.read(*answer);
  else doing.live[property] = answer->contains(setting.member) ? answer->at(std::string(setting.member)) : *answer;
}

namespace {

/// All of them, as the call puts them in place of those before.
void set_tags(Doing& doing) { doing.call("s3", "PutBucketTagging", {{"Bucket", doing.physical}, {"Tagging", {{"TagSet", doing.tags()}}}}); }

}  // namespace

void check_setting(const Doing& doing, const BucketSetting& setting) {
  const Json& property = doing.get(setting.property);
  if (setting.members.empty() || !property.is_object()) return;
  for (const auto& [name, value] : property.items())
    if (std::ranges::find(setting.members, name) == setting.members.end())
      throw Failed{fmt::format("Properties validation failed for resource {} with message:\n[#/{}: extraneous key [{}] is not permitted]",
                               doing.where().resource, setting.property, name)};
}

void put_setting(Doing& doing, const BucketSetting& setting) {
  Json in{{"Bucket", doing.physical}};
  const bool is_there = doing.has(setting.property);
  check_setting(doing, setting);
  if (!is_there && !setting.remove.empty() && setting.property != "Tags") {
    doing.call("s3", setting.remove, std::move(in));
    return;
  }
  if (setting.property == "Tags") return set_tags(doing);
  Json value = setting.empty;
  if (setting.property == "AccessControl") value = canned_acl(doing.text("AccessControl", "Private"));
  else if (is_there) {
    try {
      value = setting.written == nullptr ? doing.get(setting.property) : setting.written(doing.get(setting.property));
    } catch (const Json::exception&) {
      throw Failed{fmt::format("Properties validation failed with message: [#/{}: not of the form that it must have]", setting.property)};
    }
  }
  if (setting.property == "LifecycleConfiguration" && is_there)
    if (const Json& property = doing.get(setting.property); property.contains("TransitionDefaultMinimumObjectSize"))
      in["TransitionDefaultMinimumObjectSize"] = property.at("TransitionDefaultMinimumObjectSize");
  in[std::string(setting.member)] = std::move(value);
  const Answer& answer = doing.attempt("s3", setting.put, std::move(in));
  if (answer.out) return;
  if (answer.refusal.code == "NotImplemented")  // part of it is not there: which property that is
    throw Failed{fmt::format("Properties validation failed for resource {} with message:\n[#/{}: {}]", doing.where().resource,
                             setting.property, answer.refusal.message)};
  throw refused("s3", answer.refusal);
}

std::string canned_acl(const std::string& word) {
  std::string acl;
  for (const char c : word) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0 && !acl.empty()) acl += '-';
    acl += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return acl;
}

}  // namespace cairn::cloudformation

#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"BearerTokenAuthenticationEnabled", On::kRefuse},
    {"DataProtectionPolicy", On::kRefuse},
    {"DeletionProtectionEnabled"},
    {"FieldIndexPolicies", On::kRefuse},
    {"KmsKeyId"},
    {"LogGroupClass", On::kReplace},
    {"LogGroupName", On::kReplace},
    {"ResourcePolicyDocument", On::kRefuse},
    {"RetentionInDays"},
    {"Tags"},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Arn"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"LogGroupName"};

void set_retention(Doing& doing) {
  if (doing.has("RetentionInDays"))
    doing.call("logs", "PutRetentionPolicy", {{"logGroupName", doing.physical}, {"retentionInDays", doing.get("RetentionInDays")}});
}

void take(Doing& doing, const std::string& name) {
  doing.physical = name;
  const auto& where = doing.where();
  doing.attributes["Arn"] = fmt::format("arn:aws:logs:{}:{}:log-group:{}:*", where.region.str(), where.account.str(), name);
}

void create(Doing& doing) {
  const std::string name = doing.name("LogGroupName", {.characters_max = 512});
  Json in = doing.members({{"LogGroupClass"}, {"DeletionProtectionEnabled"}});
  in["logGroupName"] = name;
  if (doing.has("KmsKeyId")) in["kmsKeyId"] = doing.text("KmsKeyId");
  if (!doing.tags().empty()) in["tags"] = doing.tags();
  doing.call("logs", "CreateLogGroup", std::move(in));
  take(doing, name);
  set_retention(doing);
}

void tag(Doing& doing) {
  std::string arn = doing.attributes.value("Arn", "");
  if (arn.ends_with(":*")) arn.resize(arn.size() - 2);
  retag(doing, {.service = "logs", .id_member = "resourceArn", .tags_member = "tags", .keys_member = "tagKeys"}, arn);
}

void update(Doing& doing) {
  if (doing.changed("RetentionInDays")) {
    if (doing.has("RetentionInDays")) set_retention(doing);
    else doing.call("logs", "DeleteRetentionPolicy", {{"logGroupName", doing.physical}});
  }
  if (doing.changed("KmsKeyId")) {
    if (doing.has("KmsKeyId"))
      doing.call("logs", "AssociateKmsKey", {{"logGroupName", doing.physical}, {"kmsKeyId", doing.text("KmsKeyId")}});
    else doing.call("logs", "DisassociateKmsKey", {{"logGroupName", doing.physical}});
  }
  if (doing.changed("DeletionProtectionEnabled"))
    doing.call("logs", "PutLogGroupDeletionProtection",
               {{"logGroupIdentifier", doing.physical}, {"deletionProtectionEnabled", doing.flag("DeletionProtectionEnabled")}});
  tag(doing);
}

void remove(Doing& doing) {
  doing.call_unless({"ResourceNotFoundException"}, "logs", "DeleteLogGroup", {{"logGroupName", doing.physical}});
}

void read(Doing& doing) {
  const Json found = doing.call("logs", "DescribeLogGroups", {{"logGroupNamePrefix", doing.physical}, {"limit", 1}});
  const Json groups = found.value("logGroups", Json::array());
  doing.is_gone = groups.empty() || groups.at(0).at("logGroupName") != doing.physical;
  if (doing.is_gone) return;
  const Json& group = groups.at(0);
  read_members(doing, group,
               {{"DeletionProtectionEnabled", "deletionProtectionEnabled"},
                {"LogGroupClass", "logGroupClass"},
                {"RetentionInDays", "retentionInDays"}});
  if (doing.has("KmsKeyId"))
    doing.live["KmsKeyId"] = group.contains("kmsKeyId") ? key_as_named(doing.get("KmsKeyId"), group.at("kmsKeyId")) : Json();
  if (!doing.has("Tags")) return;
  std::string arn = doing.attributes.value("Arn", "");
  if (arn.ends_with(":*")) arn.resize(arn.size() - 2);
  read_tags(doing, doing.call("logs", "ListTagsForResource", {{"resourceArn", arn}}).value("tags", Json::object()));
}

bool find(Doing& doing) {
  const std::string name = doing.id("LogGroupName");
  const Json found = doing.call("logs", "DescribeLogGroups", {{"logGroupNamePrefix", name}, {"limit", 1}});
  const Json groups = found.value("logGroups", Json::array());
  if (groups.empty() || groups.at(0).at("logGroupName") != name) return false;
  take(doing, name);
  return true;
}

}  // namespace

extern const ResourceType logs_log_group;
const ResourceType logs_log_group{.name = "AWS::Logs::LogGroup",
                                  .properties = kProperties,
                                  .create = create,
                                  .update = update,
                                  .remove = remove,
                                  .read = read,
                                  .find = find,
                                  .identifiers = kIdentifiers,
                                  .tag = tag,
                                  .name_property = "LogGroupName",
                                  .attributes = kAttributes};

}  // namespace cairn::cloudformation

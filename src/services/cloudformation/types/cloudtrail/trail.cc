#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"AdvancedEventSelectors"},
    {"AggregationConfigurations", On::kRefuse},
    {"CloudWatchLogsLogGroupArn"},
    {"CloudWatchLogsRoleArn"},
    {"EnableLogFileValidation"},
    {"EventSelectors"},
    {"IncludeGlobalServiceEvents"},
    {"InsightSelectors"},
    {"IsLogging", On::kUpdate, kRequired},
    {"IsMultiRegionTrail"},
    {"IsOrganizationTrail"},
    {"KMSKeyId"},
    {"S3BucketName", On::kUpdate, kRequired},
    {"S3KeyPrefix"},
    {"SnsTopicName"},
    {"Tags"},
    {"TrailName", On::kReplace},
});
constexpr std::array<std::string_view, 2> kAttributes = {"Arn", "SnsTopicArn"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"TrailName"};

Json settings(const Doing& doing) {
  return doing.members({{"CloudWatchLogsLogGroupArn"},
                        {"CloudWatchLogsRoleArn"},
                        {"EnableLogFileValidation"},
                        {"IncludeGlobalServiceEvents"},
                        {"IsMultiRegionTrail"},
                        {"IsOrganizationTrail"},
                        {"KMSKeyId", "KmsKeyId"},
                        {"S3BucketName"},
                        {"S3KeyPrefix"},
                        {"SnsTopicName"}});
}

void take(Doing& doing, const Json& out) {
  doing.attributes["Arn"] = out.at("TrailARN");
  doing.attributes["SnsTopicArn"] = out.value("SnsTopicARN", "");
}

/// An empty list, as CDK writes it, is none.
bool has_any(const Doing& doing, std::string_view property) { return doing.has(property) && !doing.get(property).empty(); }

void select(Doing& doing) {
  Json in = Json::object();
  for (const char* member : {"EventSelectors", "AdvancedEventSelectors"})
    if (has_any(doing, member)) in[member] = doing.get(member);
  in["TrailName"] = doing.physical;
  if (in.size() == 1)  // what a trail has that nobody set any for
    in["EventSelectors"] = Json::array({{{"ReadWriteType", "All"}, {"IncludeManagementEvents", true}}});
  doing.call("cloudtrail", "PutEventSelectors", std::move(in));
}

void select_insights(Doing& doing) {
  doing.call(
      "cloudtrail", "PutInsightSelectors",
      {{"TrailName", doing.physical}, {"InsightSelectors", doing.has("InsightSelectors") ? doing.get("InsightSelectors") : Json::array()}});
}

void set_logging(Doing& doing) {
  doing.call("cloudtrail", doing.flag("IsLogging") ? "StartLogging" : "StopLogging", {{"Name", doing.physical}});
}

void create(Doing& doing) {
  const std::string name = doing.name("TrailName", {.characters_max = 128});
  Json in = settings(doing);
  in["Name"] = name;
  if (!doing.tags().empty()) in["TagsList"] = doing.tags();
  const Json out = doing.call("cloudtrail", "CreateTrail", std::move(in));
  doing.physical = name;
  take(doing, out);
  if (has_any(doing, "EventSelectors") || has_any(doing, "AdvancedEventSelectors")) select(doing);
  if (doing.has("InsightSelectors")) select_insights(doing);
  if (doing.flag("IsLogging")) set_logging(doing);
}

void tag(Doing& doing) {
  if (!doing.changed("Tags")) return;
  Json gone = Json::array();
  for (const Json& key : doing.tags_gone()) gone.push_back({{"Key", key}});
  const std::string arn = doing.attributes.value("Arn", "");
  if (!gone.empty()) doing.call("cloudtrail", "RemoveTags", {{"ResourceId", arn}, {"TagsList", gone}});
  if (!doing.tags().empty()) doing.call("cloudtrail", "AddTags", {{"ResourceId", arn}, {"TagsList", doing.tags()}});
}

void update(Doing& doing) {
  constexpr std::array kSettings = {"CloudWatchLogsLogGroupArn",
                                    "CloudWatchLogsRoleArn",
                                    "EnableLogFileValidation",
                                    "IncludeGlobalServiceEvents",
                                    "IsMultiRegionTrail",
                                    "IsOrganizationTrail",
                                    "KMSKeyId",
                                    "S3BucketName",
                                    "S3KeyPrefix",
                                    "SnsTopicName"};
  Json in = settings(doing);
  in["Name"] = doing.physical;
  bool any = false;
  for (const char* each : kSettings) {
    if (!doing.changed(each)) continue;
    any = true;
    if (doing.has(each)) continue;
    const std::string_view name = each;  // it is left out now: as it was before anybody set it
    if (name == "IncludeGlobalServiceEvents") in[each] = true;
    else if (name.starts_with("Is") || name.starts_with("Enable")) in[each] = false;
    else in[name == "KMSKeyId" ? "KmsKeyId" : each] = "";
  }
  if (any) take(doing, doing.call("cloudtrail", "UpdateTrail", std::move(in)));
  if (doing.changed("EventSelectors") || doing.changed("AdvancedEventSelectors")) select(doing);
  if (doing.changed("InsightSelectors")) select_insights(doing);
  if (doing.changed("IsLogging")) set_logging(doing);
  tag(doing);
}

void remove(Doing& doing) { doing.call_unless({"TrailNotFoundException"}, "cloudtrail", "DeleteTrail", {{"Name", doing.physical}}); }

void read(Doing& doing) {
  const auto found = doing.call_unless({"TrailNotFoundException"}, "cloudtrail", "GetTrail", {{"Name", doing.physical}});
  doing.is_gone = !found;
  if (!found) return;
  const Json& trail = found->at("Trail");
  read_members(doing, trail,
               {{"CloudWatchLogsLogGroupArn"},
                {"CloudWatchLogsRoleArn"},
                {"EnableLogFileValidation", "LogFileValidationEnabled"},
                {"IncludeGlobalServiceEvents"},
                {"IsMultiRegionTrail"},
                {"IsOrganizationTrail"},
                {"S3BucketName"},
                {"S3KeyPrefix"}});
  if (doing.has("SnsTopicName"))
    doing.live["SnsTopicName"] = trail.value(doing.text("SnsTopicName").starts_with("arn:") ? "SnsTopicARN" : "SnsTopicName", Json());
  if (doing.has("KMSKeyId"))
    doing.live["KMSKeyId"] = trail.contains("KmsKeyId") ? key_as_named(doing.get("KMSKeyId"), trail.at("KmsKeyId")) : Json();
  doing.live["IsLogging"] = doing.call("cloudtrail", "GetTrailStatus", {{"Name", doing.physical}}).at("IsLogging");
  if (has_any(doing, "EventSelectors") || has_any(doing, "AdvancedEventSelectors"))
    read_members(doing, doing.call("cloudtrail", "GetEventSelectors", {{"TrailName", doing.physical}}),
                 {{"EventSelectors"}, {"AdvancedEventSelectors"}});
  if (!doing.has("Tags")) return;
  const std::string arn = doing.attributes.value("Arn", "");
  const Json tags = doing.call("cloudtrail", "ListTags", {{"ResourceIdList", {arn}}}).at("ResourceTagList");
  read_tags(doing, tags.empty() ? Json::array() : tags.at(0).value("TagsList", Json::array()));
}

bool find(Doing& doing) {
  const auto found = doing.call_unless({"TrailNotFoundException"}, "cloudtrail", "GetTrail", {{"Name", doing.id("TrailName")}});
  if (!found || found->at("Trail").value("HomeRegion", "") != doing.where().region.str()) return false;
  doing.physical = found->at("Trail").at("Name").get<std::string>();
  take(doing, found->at("Trail"));
  return true;
}

}  // namespace

extern const ResourceType cloudtrail_trail;
const ResourceType cloudtrail_trail{.name = "AWS::CloudTrail::Trail",
                                    .properties = kProperties,
                                    .create = create,
                                    .update = update,
                                    .remove = remove,
                                    .read = read,
                                    .find = find,
                                    .identifiers = kIdentifiers,
                                    .tag = tag,
                                    .name_property = "TrailName",
                                    .attributes = kAttributes,
                                    .is_last = true};

}  // namespace cairn::cloudformation

#include "api/demands.h"

#include <algorithm>
#include <array>

#include "api/demands_iam.h"
#include "api/operation.h"
#include "base/text.h"

namespace cairn::api {
namespace {

/// The resource of an operation, after the "Actions, resources, and condition keys" page of its service. {Member} is a parameter: one
/// that is an ARN takes the place of the whole; of a list each is a resource. [{Member}/] goes where the parameter is absent or
/// "default"; {One|Other} is whichever is there; {Member=text} is the text where it is absent; {Member~text} ends with the text where it is
/// no ARN. Operations that stand in no row are about
/// "*".
struct Row {
  std::string_view service, operation, resource;
};

#define CAIRN_STACK "arn:aws:cloudformation:{region}:{account}:stack/{StackName=*~/*}"
#define CAIRN_TRAIL "arn:aws:cloudtrail:{region}:{account}:trail/"
#define CAIRN_LOG_GROUP "arn:aws:logs:{region}:{account}:log-group:"
#define CAIRN_EVENTS "arn:aws:events:{region}:{account}:"
#define CAIRN_FUNCTION "arn:aws:lambda:{region}:{account}:function:"
#define CAIRN_ALARM "arn:aws:cloudwatch:{region}:{account}:alarm:"

constexpr auto kRows = std::to_array<Row>({
    {"cloudformation", "CancelUpdateStack", CAIRN_STACK},
    {"cloudformation", "ContinueUpdateRollback", CAIRN_STACK},
    {"cloudformation", "CreateChangeSet", CAIRN_STACK},
    {"cloudformation", "CreateStack", CAIRN_STACK},
    {"cloudformation", "DeleteChangeSet", CAIRN_STACK},
    {"cloudformation", "DeleteStack", CAIRN_STACK},
    {"cloudformation", "DescribeChangeSet", CAIRN_STACK},
    {"cloudformation", "DescribeStackEvents", CAIRN_STACK},
    {"cloudformation", "DescribeStackResource", CAIRN_STACK},
    {"cloudformation", "DescribeStackResourceDrifts", CAIRN_STACK},
    {"cloudformation", "DescribeStackResources", CAIRN_STACK},
    {"cloudformation", "DescribeStacks", CAIRN_STACK},
    {"cloudformation", "DetectStackDrift", CAIRN_STACK},
    {"cloudformation", "DetectStackResourceDrift", CAIRN_STACK},
    {"cloudformation", "ExecuteChangeSet", CAIRN_STACK},
    {"cloudformation", "GetStackPolicy", CAIRN_STACK},
    {"cloudformation", "GetTemplate", CAIRN_STACK},
    {"cloudformation", "GetTemplateSummary", CAIRN_STACK},
    {"cloudformation", "ListChangeSets", CAIRN_STACK},
    {"cloudformation", "ListStackResources", CAIRN_STACK},
    {"cloudformation", "SetStackPolicy", CAIRN_STACK},
    {"cloudformation", "UpdateStack", CAIRN_STACK},
    {"cloudformation", "UpdateTerminationProtection", CAIRN_STACK},
    {"cloudtrail", "AddTags", CAIRN_TRAIL "{ResourceId}"},
    {"cloudtrail", "CreateTrail", CAIRN_TRAIL "{Name}"},
    {"cloudtrail", "DeleteTrail", CAIRN_TRAIL "{Name}"},
    {"cloudtrail", "GetEventSelectors", CAIRN_TRAIL "{TrailName}"},
    {"cloudtrail", "GetInsightSelectors", CAIRN_TRAIL "{TrailName}"},
    {"cloudtrail", "GetTrail", CAIRN_TRAIL "{Name}"},
    {"cloudtrail", "GetTrailStatus", CAIRN_TRAIL "{Name}"},
    {"cloudtrail", "ListTags", CAIRN_TRAIL "{ResourceIdList}"},
    {"cloudtrail", "PutEventSelectors", CAIRN_TRAIL "{TrailName}"},
    {"cloudtrail", "PutInsightSelectors", CAIRN_TRAIL "{TrailName}"},
    {"cloudtrail", "RemoveTags", CAIRN_TRAIL "{ResourceId}"},
    {"cloudtrail", "StartLogging", CAIRN_TRAIL "{Name}"},
    {"cloudtrail", "StopLogging", CAIRN_TRAIL "{Name}"},
    {"cloudtrail", "UpdateTrail", CAIRN_TRAIL "{Name}"},
    {"events", "CancelReplay", CAIRN_EVENTS "replay/{ReplayName}"},
    {"events", "CreateApiDestination", CAIRN_EVENTS "api-destination/{Name}"},
    {"events", "CreateArchive", CAIRN_EVENTS "archive/{ArchiveName}"},
    {"events", "CreateConnection", CAIRN_EVENTS "connection/{Name}"},
    {"events", "CreateEventBus", CAIRN_EVENTS "event-bus/{Name}"},
    {"events", "DeauthorizeConnection", CAIRN_EVENTS "connection/{Name}"},
    {"events", "DeleteApiDestination", CAIRN_EVENTS "api-destination/{Name}"},
    {"events", "DeleteArchive", CAIRN_EVENTS "archive/{ArchiveName}"},
    {"events", "DeleteConnection", CAIRN_EVENTS "connection/{Name}"},
    {"events", "DeleteEventBus", CAIRN_EVENTS "event-bus/{Name}"},
    {"events", "DeleteRule", CAIRN_EVENTS "rule/[{EventBusName}/]{Name}"},
    {"events", "DescribeApiDestination", CAIRN_EVENTS "api-destination/{Name}"},
    {"events", "DescribeArchive", CAIRN_EVENTS "archive/{ArchiveName}"},
    {"events", "DescribeConnection", CAIRN_EVENTS "connection/{Name}"},
    {"events", "DescribeEventBus", CAIRN_EVENTS "event-bus/{Name=default}"},
    {"events", "DescribeReplay", CAIRN_EVENTS "replay/{ReplayName}"},
    {"events", "DescribeRule", CAIRN_EVENTS "rule/[{EventBusName}/]{Name}"},
    {"events", "DisableRule", CAIRN_EVENTS "rule/[{EventBusName}/]{Name}"},
    {"events", "EnableRule", CAIRN_EVENTS "rule/[{EventBusName}/]{Name}"},
    {"events", "ListRuleNamesByTarget", CAIRN_EVENTS "rule/*"},
    {"events", "ListRules", CAIRN_EVENTS "rule/*"},
    {"events", "ListTagsForResource", CAIRN_EVENTS "{ResourceARN}"},
    {"events", "ListTargetsByRule", CAIRN_EVENTS "rule/[{EventBusName}/]{Rule}"},
    {"events", "PutPermission", CAIRN_EVENTS "event-bus/{EventBusName=default}"},
    {"events", "PutRule", CAIRN_EVENTS "rule/[{EventBusName}/]{Name}"},
    {"events", "PutTargets", CAIRN_EVENTS "rule/[{EventBusName}/]{Rule}"},
    {"events", "RemovePermission", CAIRN_EVENTS "event-bus/{EventBusName=default}"},
    {"events", "RemoveTargets", CAIRN_EVENTS "rule/[{EventBusName}/]{Rule}"},
    {"events", "StartReplay", CAIRN_EVENTS "replay/{ReplayName}"},
    {"events", "TagResource", CAIRN_EVENTS "{ResourceARN}"},
    {"events", "UntagResource", CAIRN_EVENTS "{ResourceARN}"},
    {"events", "UpdateApiDestination", CAIRN_EVENTS "api-destination/{Name}"},
    {"events", "UpdateArchive", CAIRN_EVENTS "archive/{ArchiveName}"},
    {"events", "UpdateConnection", CAIRN_EVENTS "connection/{Name}"},
    {"events", "UpdateEventBus", CAIRN_EVENTS "event-bus/{Name=default}"},
    {"lambda", "AddPermission", CAIRN_FUNCTION "{FunctionName}"},
    {"lambda", "CreateFunction", CAIRN_FUNCTION "{FunctionName}"},
    {"lambda", "DeleteFunction", CAIRN_FUNCTION "{FunctionName}"},
    {"lambda", "GetFunction", CAIRN_FUNCTION "{FunctionName}"},
    {"lambda", "GetFunctionConfiguration", CAIRN_FUNCTION "{FunctionName}"},
    {"lambda", "GetPolicy", CAIRN_FUNCTION "{FunctionName}"},
    {"lambda", "Invoke", CAIRN_FUNCTION "{FunctionName}"},
    {"lambda", "RemovePermission", CAIRN_FUNCTION "{FunctionName}"},
    {"lambda", "UpdateFunctionCode", CAIRN_FUNCTION "{FunctionName}"},
    {"lambda", "UpdateFunctionConfiguration", CAIRN_FUNCTION "{FunctionName}"},
    {"logs", "AssociateKmsKey", CAIRN_LOG_GROUP "{logGroupName|resourceIdentifier}:log-stream:"},
    {"logs", "CreateLogGroup", CAIRN_LOG_GROUP "{logGroupName}:log-stream:"},
    {"logs", "CreateLogStream", CAIRN_LOG_GROUP "{logGroupName}:log-stream:{logStreamName}"},
    {"logs", "DeleteLogGroup", CAIRN_LOG_GROUP "{logGroupName}:log-stream:"},
    {"logs", "DeleteLogStream", CAIRN_LOG_GROUP "{logGroupName}:log-stream:{logStreamName}"},
    {"logs", "DeleteMetricFilter", CAIRN_LOG_GROUP "{logGroupName}:log-stream:"},
    {"logs", "DeleteRetentionPolicy", CAIRN_LOG_GROUP "{logGroupName}:log-stream:"},
    {"logs", "DeleteSubscriptionFilter", CAIRN_LOG_GROUP "{logGroupName}:log-stream:"},
    {"logs", "DescribeLogGroups", CAIRN_LOG_GROUP ":log-stream:"},
    {"logs", "DescribeLogStreams", CAIRN_LOG_GROUP "{logGroupName|logGroupIdentifier}:log-stream:"},
    {"logs", "DescribeMetricFilters", CAIRN_LOG_GROUP "{logGroupName}:log-stream:"},
    {"logs", "DescribeSubscriptionFilters", CAIRN_LOG_GROUP "{logGroupName}:log-stream:"},
    {"logs", "DisassociateKmsKey", CAIRN_LOG_GROUP "{logGroupName|resourceIdentifier}:log-stream:"},
    {"logs", "FilterLogEvents", CAIRN_LOG_GROUP "{logGroupName|logGroupIdentifier}:log-stream:"},
    {"logs", "GetLogEvents", CAIRN_LOG_GROUP "{logGroupName|logGroupIdentifier}:log-stream:{logStreamName}"},
    {"logs", "GetLogGroupFields", CAIRN_LOG_GROUP "{logGroupName|logGroupIdentifier}:log-stream:"},
    {"logs", "ListTagsForResource", CAIRN_LOG_GROUP "{resourceArn}"},
    {"logs", "ListTagsLogGroup", CAIRN_LOG_GROUP "{logGroupName}:log-stream:"},
    {"logs", "PutLogEvents", CAIRN_LOG_GROUP "{logGroupName}:log-stream:{logStreamName}"},
    {"logs", "PutLogGroupDeletionProtection", CAIRN_LOG_GROUP "{logGroupIdentifier}:log-stream:"},
    {"logs", "PutMetricFilter", CAIRN_LOG_GROUP "{logGroupName}:log-stream:"},
    {"logs", "PutRetentionPolicy", CAIRN_LOG_GROUP "{logGroupName}:log-stream:"},
    {"logs", "PutSubscriptionFilter", CAIRN_LOG_GROUP "{logGroupName}:log-stream:"},
    {"logs", "StartLiveTail", CAIRN_LOG_GROUP "{logGroupIdentifiers}:log-stream:"},
    {"logs", "StartQuery", CAIRN_LOG_GROUP "{logGroupName|logGroupNames|logGroupIdentifiers}:log-stream:"},
    {"logs", "TagLogGroup", CAIRN_LOG_GROUP "{logGroupName}:log-stream:"},
    {"logs", "TagResource", CAIRN_LOG_GROUP "{resourceArn}"},
    {"logs", "UntagLogGroup", CAIRN_LOG_GROUP "{logGroupName}:log-stream:"},
    {"logs", "UntagResource", CAIRN_LOG_GROUP "{resourceArn}"},
    {"monitoring", "DeleteAlarms", CAIRN_ALARM "{AlarmNames}"},
    {"monitoring", "DescribeAlarmHistory", CAIRN_ALARM "{AlarmName}"},
    {"monitoring", "DescribeAlarms", CAIRN_ALARM "*"},
    {"monitoring", "DisableAlarmActions", CAIRN_ALARM "{AlarmNames}"},
    {"monitoring", "EnableAlarmActions", CAIRN_ALARM "{AlarmNames}"},
    {"monitoring", "ListTagsForResource", CAIRN_ALARM "{ResourceARN}"},
    {"monitoring", "PutCompositeAlarm", CAIRN_ALARM "{AlarmName}"},
    {"monitoring", "PutMetricAlarm", CAIRN_ALARM "{AlarmName}"},
    {"monitoring", "SetAlarmState", CAIRN_ALARM "{AlarmName}"},
    {"monitoring", "TagResource", CAIRN_ALARM "{ResourceARN}"},
    {"monitoring", "UntagResource", CAIRN_ALARM "{ResourceARN}"},
    {"sts", "GetCallerIdentity", ""},  // "No permissions are required"; a denial changes nothing
    {"sts", "GetFederationToken", "arn:aws:sts::{account}:federated-user/{Name}"},
    {"sts", "GetSessionToken", ""},  // the same
});
static_assert(std::ranges::is_sorted(kRows, {}, [](const Row& row) { return std::pair(row.service, row.operation); }));

/// What actions of a service begin with, where that is not the name that its calls are signed for.
struct Prefix {
  std::string_view service, action;
};
constexpr Prefix kPrefixes[] = {{"monitoring", "cloudwatch"}};

/// A condition key of a service that is a parameter of an operation.
struct ParameterKey {
  std::string_view service, operation, key, member;
};
constexpr ParameterKey kParameterKeys[] = {{"cloudformation", "ContinueUpdateRollback", "cloudformation:RoleArn", "RoleARN"},
                                           {"cloudformation", "CreateChangeSet", "cloudformation:ChangeSetName", "ChangeSetName"},
                                           {"cloudformation", "CreateChangeSet", "cloudformation:ResourceTypes", "ResourceTypes"},
                                           {"cloudformation", "CreateChangeSet", "cloudformation:RoleArn", "RoleARN"},
                                           {"cloudformation", "CreateChangeSet", "cloudformation:TemplateUrl", "TemplateURL"},
                                           {"cloudformation", "CreateStack", "cloudformation:ResourceTypes", "ResourceTypes"},
                                           {"cloudformation", "CreateStack", "cloudformation:RoleArn", "RoleARN"},
                                           {"cloudformation", "CreateStack", "cloudformation:StackPolicyUrl", "StackPolicyURL"},
                                           {"cloudformation", "CreateStack", "cloudformation:TemplateUrl", "TemplateURL"},
                                           {"cloudformation", "DeleteChangeSet", "cloudformation:ChangeSetName", "ChangeSetName"},
                                           {"cloudformation", "DeleteStack", "cloudformation:RoleArn", "RoleARN"},
                                           {"cloudformation", "DescribeChangeSet", "cloudformation:ChangeSetName", "ChangeSetName"},
                                           {"cloudformation", "ExecuteChangeSet", "cloudformation:ChangeSetName", "ChangeSetName"},
                                           {"cloudformation", "SetStackPolicy", "cloudformation:StackPolicyUrl", "StackPolicyURL"},
                                           {"cloudformation", "UpdateStack", "cloudformation:ResourceTypes", "ResourceTypes"},
                                           {"cloudformation", "UpdateStack", "cloudformation:RoleArn", "RoleARN"},
                                           {"cloudformation", "UpdateStack", "cloudformation:StackPolicyUrl", "StackPolicyURL"},
                                           {"cloudformation", "UpdateStack", "cloudformation:TemplateUrl", "TemplateURL"},
                                           {"monitoring", "PutCompositeAlarm", "cloudwatch:AlarmActions", "AlarmActions"},
                                           {"monitoring", "PutMetricAlarm", "cloudwatch:AlarmActions", "AlarmActions"},
                                           {"monitoring", "PutMetricData", "cloudwatch:namespace", "Namespace"}};

constexpr size_t kResourcesMax = 1000;  // that one call may name; more are no request that a client sends

std::string action_of(const Call& call) {
  std::string_view prefix = call.service->model->signing_name;
  for (const Prefix& exception : kPrefixes)
    if (exception.service == call.service->model->key) prefix = exception.action;
  return fmt::format("{}:{}", prefix, call.model->name);
}

std::vector<std::string> texts_of(const Json& in, std::string_view member) {
  std::vector<std::string> texts;
  const auto it = in.find(member);
  if (it == in.end()) return texts;
  if (it->is_string()) texts.push_back(it->get<std::string>());
  if (it->is_array())
    for (const Json& each : *it)
      if (each.is_string()) texts.push_back(each.get<std::string>());
  return texts;
}

/// The template's resources. The last {Member} may be a list, or ARNs.
std::vector<std::string> fill(std::string_view pattern, const Call& call) {
  std::vector<std::string> filled = {""};
  for (size_t at = 0; at < pattern.size();) {
    const bool optional = pattern[at] == '[';
    if (!optional && pattern[at] != '{') {
      for (std::string& each : filled) each += pattern[at];
      ++at;
      continue;
    }
    if (optional) ++at;
    const size_t end = pattern.find('}', at);
    std::string_view name = pattern.substr(at + 1, end - at - 1), otherwise, ending;
    if (const size_t tilde = name.find('~'); tilde != std::string_view::npos) {
      ending = name.substr(tilde + 1);
      name = name.substr(0, tilde);
    }
    if (const size_t equals = name.find('='); equals != std::string_view::npos) {
      otherwise = name.substr(equals + 1);
      name = name.substr(0, equals);
    }
    at = optional ? pattern.find(']', end) + 1 : end + 1;
    if (name == "region" || name == "account") {
      for (std::string& each : filled) each += name == "region" ? call.region.str() : call.account.str();
      continue;
    }
    std::vector<std::string> values;
    for (const std::string_view each : text::split(name, '|'))
      if (values.empty()) values = texts_of(call.in, each);
    if (optional) {
      if (values.empty() || values.front() == "default") continue;
      values = {values.front().substr(values.front().rfind('/') + 1) + "/"};
    }
    if (values.empty()) values.emplace_back(otherwise);
    std::vector<std::string> next;
    for (const std::string& before : filled)
      for (const std::string& value : values) next.push_back(value.starts_with("arn:") ? value : before + value + std::string(ending));
    filled = std::move(next);
  }
  if (filled.size() > kResourcesMax) throw aws::Error(aws::kValidation, "A call may name at most {} resources.", kResourcesMax);
  return filled;
}

std::vector<Demand> demands_by_row(const Call& call) {
  const std::string& service = call.service->model->key;
  const std::string action = action_of(call);
  const auto row = std::ranges::lower_bound(kRows, std::pair<std::string_view, std::string_view>(service, call.model->name), {},
                                            [](const Row& each) { return std::pair(each.service, each.operation); });
  const bool is_listed = row != kRows.end() && row->service == service && row->operation == call.model->name;
  if (!is_listed) {
    // CloudTrail's and our own refusals do not name the star.
    const bool is_shown = service != "cloudtrail" && service != "cairn";
    return {Demand{.action = action, .shown = is_shown ? "*" : ""}};
  }
  std::vector<Demand> demands;
  if (row->resource.empty()) return demands;
  for (std::string& resource : fill(row->resource, call)) {
    Demand demand{.action = action, .resource = std::move(resource)};
    demands.push_back(std::move(demand));
  }
  return demands;
}

}  // namespace

std::vector<Demand> demands_of(const Call& call) {
  const std::string& service = call.service->model->key;
  if (service == "iam") return {iam_demand(call)};
  std::vector<Demand> demands = demands_by_row(call);
  for (const ParameterKey& each : kParameterKeys) {
    if (each.service != service || each.operation != call.model->name) continue;
    for (Demand& demand : demands)
      for (std::string& value : texts_of(call.in, each.member)) demand.context.add(each.key, std::move(value));
  }
  return demands;
}

}  // namespace cairn::api

#include "event/lookup_resources.h"

#include <algorithm>
#include <array>

namespace cairn::event {
namespace {

constexpr size_t kResourcesMax = 32;  // of one event

enum class Part { kRequest, kResponse };

/// Where a resource's name stands: member `member`, or `outer`.`member`.
struct Place {
  std::string_view source, outer, member, type;
  Part part = Part::kRequest;
  std::string_view only_event = {};  // "": whatever the event
};

/// Sorted by source; within one, in the order that LookupEvents gives.
constexpr auto kPlaces = std::to_array<Place>({
    {"cloudformation", "", "stackName", "AWS::CloudFormation::Stack"},
    {"cloudformation", "", "stackId", "AWS::CloudFormation::Stack", Part::kResponse},
    {"cloudtrail", "", "trailARN", "AWS::CloudTrail::Trail", Part::kResponse},
    {"cloudtrail", "", "name", "AWS::CloudTrail::Trail", Part::kResponse, "CreateTrail"},
    {"cloudtrail", "", "name", "AWS::CloudTrail::Trail", Part::kResponse, "UpdateTrail"},
    {"cloudtrail", "", "name", "AWS::CloudTrail::Trail", Part::kRequest, "CreateTrail"},
    {"cloudtrail", "", "name", "AWS::CloudTrail::Trail", Part::kRequest, "DeleteTrail"},
    {"cloudtrail", "", "name", "AWS::CloudTrail::Trail", Part::kRequest, "GetTrail"},
    {"cloudtrail", "", "name", "AWS::CloudTrail::Trail", Part::kRequest, "GetTrailStatus"},
    {"cloudtrail", "", "name", "AWS::CloudTrail::Trail", Part::kRequest, "StartLogging"},
    {"cloudtrail", "", "name", "AWS::CloudTrail::Trail", Part::kRequest, "StopLogging"},
    {"cloudtrail", "", "name", "AWS::CloudTrail::Trail", Part::kRequest, "UpdateTrail"},
    {"cloudtrail", "", "trailName", "AWS::CloudTrail::Trail"},
    {"cloudtrail", "", "s3BucketName", "AWS::S3::Bucket", Part::kResponse},
    {"cloudtrail", "", "s3BucketName", "AWS::S3::Bucket"},
    {"cloudtrail", "", "eventDataStoreArn", "AWS::CloudTrail::EventDataStore", Part::kResponse},
    {"cloudtrail", "", "eventDataStore", "AWS::CloudTrail::EventDataStore"},
    {"cloudtrail", "", "channelArn", "AWS::CloudTrail::Channel", Part::kResponse},
    {"cloudtrail", "", "channel", "AWS::CloudTrail::Channel"},
    {"events", "", "ruleArn", "AWS::Events::Rule", Part::kResponse},
    {"events", "", "name", "AWS::Events::Rule", Part::kRequest, "DeleteRule"},
    {"events", "", "name", "AWS::Events::Rule", Part::kRequest, "DescribeRule"},
    {"events", "", "name", "AWS::Events::Rule", Part::kRequest, "DisableRule"},
    {"events", "", "name", "AWS::Events::Rule", Part::kRequest, "EnableRule"},
    {"events", "", "name", "AWS::Events::Rule", Part::kRequest, "PutRule"},
    {"events", "", "rule", "AWS::Events::Rule"},
    {"iam", "accessKey", "accessKeyId", "AWS::IAM::AccessKey", Part::kResponse},
    {"iam", "", "accessKeyId", "AWS::IAM::AccessKey"},
    {"iam", "policy", "arn", "AWS::IAM::Policy", Part::kResponse},
    {"iam", "policy", "policyId", "AWS::IAM::Policy", Part::kResponse},
    {"iam", "", "policyArn", "AWS::IAM::Policy"},
    {"iam", "", "policyName", "AWS::IAM::Policy"},
    {"iam", "user", "arn", "AWS::IAM::User", Part::kResponse},
    {"iam", "user", "userId", "AWS::IAM::User", Part::kResponse},
    {"iam", "", "userName", "AWS::IAM::User"},
    {"iam", "accessKey", "userName", "AWS::IAM::User", Part::kResponse},
    {"iam", "role", "arn", "AWS::IAM::Role", Part::kResponse},
    {"iam", "role", "roleId", "AWS::IAM::Role", Part::kResponse},
    {"iam", "role", "roleName", "AWS::IAM::Role", Part::kResponse},
    {"iam", "", "roleName", "AWS::IAM::Role"},
    {"iam", "group", "arn", "AWS::IAM::Group", Part::kResponse},
    {"iam", "group", "groupId", "AWS::IAM::Group", Part::kResponse},
    {"iam", "", "groupName", "AWS::IAM::Group"},
    {"iam", "instanceProfile", "arn", "AWS::IAM::InstanceProfile", Part::kResponse},
    {"iam", "", "instanceProfileName", "AWS::IAM::InstanceProfile"},
    {"kms", "", "keyId", "AWS::KMS::Key"},
    {"kms", "", "targetKeyId", "AWS::KMS::Key"},
    {"kms", "keyMetadata", "keyId", "AWS::KMS::Key", Part::kResponse},
    {"kms", "keyMetadata", "arn", "AWS::KMS::Key", Part::kResponse},
    {"kms", "", "aliasName", "AWS::KMS::Alias"},
    {"lambda", "", "functionName", "AWS::Lambda::Function"},
    {"lambda", "", "functionArn", "AWS::Lambda::Function", Part::kResponse},
    {"logs", "", "logGroupName", "AWS::Logs::LogGroup"},
    {"monitoring", "", "alarmName", "AWS::CloudWatch::Alarm"},
    {"s3", "", "bucketName", "AWS::S3::Bucket"},
    {"sns", "", "topicArn", "AWS::SNS::Topic"},
    {"sns", "", "topicArn", "AWS::SNS::Topic", Part::kResponse},
    {"sqs", "", "queueName", "AWS::SQS::Queue"},
    {"sqs", "", "queueUrl", "AWS::SQS::Queue"},
    {"sqs", "", "queueUrl", "AWS::SQS::Queue", Part::kResponse},
    {"sts", "credentials", "accessKeyId", "AWS::IAM::AccessKey", Part::kResponse},
    {"sts", "", "roleSessionName", "AWS::STS::AssumedRole"},
    {"sts", "assumedRoleUser", "assumedRoleId", "AWS::STS::AssumedRole", Part::kResponse},
    {"sts", "assumedRoleUser", "arn", "AWS::STS::AssumedRole", Part::kResponse},
    {"sts", "", "roleArn", "AWS::IAM::Role"},
});
static_assert(std::is_sorted(kPlaces.begin(), kPlaces.end(), [](const auto& a, const auto& b) { return a.source < b.source; }));

}  // namespace

std::vector<LookupResource> lookup_resources(std::string_view event_source, std::string_view event_name, json::View request,
                                             json::View response, json::View recorded) {
  std::vector<LookupResource> resources;
  const auto add = [&](std::string_view type, std::optional<std::string_view> name) {
    if (!name || name->empty() || resources.size() >= kResourcesMax) return;
    const bool known =
        std::any_of(resources.begin(), resources.end(), [&](const LookupResource& one) { return one.type == type && one.name == *name; });
    if (!known) resources.push_back({std::string(type), std::string(*name)});
  };
  const std::string_view source = event_source.substr(0, event_source.find('.'));
  const auto [first, last] = std::equal_range(kPlaces.begin(), kPlaces.end(), Place{source, {}, {}, {}},
                                              [](const Place& a, const Place& b) { return a.source < b.source; });
  const bool has_request = request.is_object(), has_response = response.is_object();
  for (auto place = first; place != last; ++place) {
    if (!place->only_event.empty() && place->only_event != event_name) continue;
    if (!(place->part == Part::kRequest ? has_request : has_response)) continue;
    const json::View part = place->part == Part::kRequest ? request : response;
    add(place->type, (place->outer.empty() ? part : part[place->outer])[place->member].string());
  }
  // Data events are not in LookupEvents; a local search finds them by their object, or queue.
  const std::string_view in_record = source == "s3" ? "AWS::S3::Object" : source == "sqs" ? "AWS::SQS::Queue" : "";
  if (!in_record.empty()) {
    recorded.each([&](json::View one) {
      if (one["type"].string_or("") != in_record) return;
      const std::string_view arn = one["ARN"].string_or("");
      if (source == "sqs") add(in_record, arn.substr(arn.rfind(':') + 1));  // as it is named in the calls that make it
      add(in_record, arn);
    });
  }
  return resources;
}

}  // namespace cairn::event

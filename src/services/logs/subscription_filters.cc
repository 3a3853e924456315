#include <array>

#include "api/operation.h"
#include "base/text.h"
#include "services/logs/errors.h"
#include "services/logs/group.h"
#include "services/logs/pattern.h"

/// Subscription filters: none can be made, as there is nothing here that they could send to.
namespace cairn::logs_service {
namespace {

struct Destination {
  std::string_view service, resource, shown;
};
constexpr Destination kDestinations[] = {{"lambda", "function:", "Lambda functions"},
                                         {"kinesis", "stream/", "streams of Kinesis"},
                                         {"firehose", "deliverystream/", "streams of Firehose"},
                                         {"logs", "destination:", "destinations of CloudWatch Logs"}};

std::string_view shown_destination(std::string_view arn) {
  const std::vector<std::string_view> parts = text::split(arn, ':');  // arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE
  if (parts.size() < 6 || parts[0] != "arn") throw Error(kInvalidParameter, "Invalid ARN: {}", arn);
  const std::string_view resource = arn.substr(static_cast<size_t>(parts[5].data() - arn.data()));
  for (const Destination& destination : kDestinations)
    if (parts[2] == destination.service && resource.starts_with(destination.resource)) return destination.shown;
  throw Error(kInvalidParameter, "PutSubscriptionFilter operation cannot work with destinationArn for vendor {}", parts[2]);
}

/// Differs from AWS: every destination is refused with NotImplemented: functions, streams of Kinesis and Firehose, and destinations of
/// CloudWatch Logs do not exist here.
void put_subscription_filter(api::Call& call) {
  open_group(call, call.in.at("logGroupName").get<std::string>());
  compiled_pattern(call.in.at("filterPattern").get<std::string>());
  const std::string_view destination = shown_destination(call.in.at("destinationArn").get_ref<const std::string&>());
  throw Error(aws::kNotImplemented, "Subscription filters cannot send to {} here.", destination);
}

void describe_subscription_filters(api::Call& call) {
  open_group(call, call.in.at("logGroupName").get<std::string>());
  if (call.in.contains("nextToken")) throw invalid_token();
  call.out["subscriptionFilters"] = Json::array();
}

void delete_subscription_filter(api::Call& call) {
  open_group(call, call.in.at("logGroupName").get<std::string>());
  throw Error(kNotFound, "The specified subscription filter does not exist.");
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteSubscriptionFilter", delete_subscription_filter},
    {"DescribeSubscriptionFilters", describe_subscription_filters},
    {"PutSubscriptionFilter", put_subscription_filter},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_subscription_filters;
const api::Family logs_subscription_filters{.service = "logs", .operations = logs_service::kOperations};
}  // namespace cairn::services

#include "rules/trail_event.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "base/text.h"
#include "rules/event_text.h"

namespace cairn::rules {

bool is_own_delivery(const event::Selected& event) {
  static constexpr auto kDelivering = std::to_array<std::string_view>({
      "cloudtrail.amazonaws.com",
      "cloudwatch.amazonaws.com",
      "delivery.logs.amazonaws.com",
      "events.amazonaws.com",
      "logs.amazonaws.com",
      "s3.amazonaws.com",
      "sns.amazonaws.com",
      "sqs.amazonaws.com",
  });
  return std::ranges::find(kDelivering, event.invoked_by) != kDelivering.end();
}

std::string_view detail_type_of(const event::Selected& event) {
  static constexpr auto kTypes = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"AwsApiCall", "AWS API Call via CloudTrail"},
      {"AwsConsoleAction", "AWS Console Action via CloudTrail"},
      {"AwsConsoleSignIn", "AWS Console Sign In via CloudTrail"},
      {"AwsCloudTrailInsight", "AWS Insight via CloudTrail"},
      {"AwsServiceEvent", "AWS Service Event via CloudTrail"},
  });
  const auto found = std::ranges::find(kTypes, event.type, &std::pair<std::string_view, std::string_view>::first);
  return found == kTypes.end() ? "" : found->second;
}

bool is_read(const event::Selected& event) {
  return event.category == "Management" && event.read_only &&
         (event.name.starts_with("Describe") || event.name.starts_with("Get") || event.name.starts_with("List"));
}

BusName bus_of(const event::Selected& event) {
  return {aws::AccountId(std::string(event.recipient)), aws::Region(std::string(event.region)), std::string(kDefaultBus)};
}

std::string event_id_of(std::string_view record_id) {
  const std::string hash = text::hex(crypto::sha256(fmt::format("event of record {}", record_id)));
  return fmt::format("{}-{}-{}-{}-{}", hash.substr(0, 8), hash.substr(8, 4), hash.substr(12, 4), hash.substr(16, 4), hash.substr(20, 12));
}

std::string event_of(const event::Selected& event, std::string_view record, std::string_view id) {
  const BusName bus = bus_of(event);
  const std::string source = fmt::format("aws.{}", event.source.substr(0, event.source.find('.')));
  return event_text({.id = id,
                     .detail_type = detail_type_of(event),
                     .source = source,
                     .account = bus.account,
                     .time = event.time,
                     .region = bus.region,
                     .detail = record});
}

}  // namespace cairn::rules

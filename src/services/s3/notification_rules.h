#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "env/random.h"
#include "services/s3/bucket.h"

/// A bucket's notification configuration: which events are told to whom.
namespace cairn::s3 {

constexpr std::string_view kNotificationKind = "notification";  // of bucket setting: the configuration as it is shown

/// One QueueConfiguration or TopicConfiguration.
struct NotificationRule {
  std::string id;
  std::string target;  // ARN of a queue of SQS or a topic of SNS
  std::vector<std::string> events;
  std::string prefix, suffix;  // of keys

  bool is_queue() const { return target.starts_with("arn:aws:sqs:"); }
  bool covers(std::string_view event, std::string_view key) const;  // event: ObjectCreated:Put
};

/// The configuration as it is kept and shown, ids made up where there were none. Throws InvalidArgument, NotImplemented, MalformedXML.
Json checked_notifications(const Json& asked, const Bucket& bucket, env::Random& random);
std::vector<NotificationRule> rules_of(const Json& configuration);

}  // namespace cairn::s3

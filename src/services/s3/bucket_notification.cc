#include "api/operation.h"
#include "api/ports.h"
#include "api/registry.h"
#include "api/within.h"
#include "base/text.h"
#include "services/s3/bucket.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/notification.h"
#include "services/s3/notification_rules.h"

/// A bucket's notification configuration: set and read. notification.h carries it out.
namespace cairn::s3 {
namespace {

std::string test_message(const api::Call& call, const Bucket& bucket) {
  return json::dump({{"Service", "Amazon S3"},
                     {"Event", "s3:TestEvent"},
                     {"Time", timestamps::iso8601_millis(call.now)},
                     {"Bucket", bucket.name},
                     {"RequestId", call.request_id},
                     {"HostId", call.host_id}});
}

api::Within test_call(const api::Call& call, const Bucket& bucket, const NotificationRule& rule) {
  const std::vector<std::string_view> arn = text::split(rule.target, ':');
  api::Within within{.service = rule.is_queue() ? "sqs" : "sns", .operation = rule.is_queue() ? "SendMessage" : "Publish"};
  if (rule.is_queue())
    within.in = {{"QueueUrl", fmt::format("https://sqs.{}.amazonaws.com/{}/{}", arn[3], arn[4], arn[5])},
                 {"MessageBody", test_message(call, bucket)}};
  else within.in = {{"TopicArn", rule.target}, {"Message", test_message(call, bucket)}, {"Subject", "Amazon S3 Notification"}};
  within.region = aws::Region(std::string(arn[3]));
  within.service_itself = notifier(bucket);
  within.account = aws::AccountId(std::string(arn[4]));
  return within;
}

/// The test message, which also shows whether the destination is there and lets S3 in. The reason why it did not arrive; "": it did.
std::string send_test(api::Call& call, const Bucket& bucket, const NotificationRule& rule) {
  const std::string_view what = rule.is_queue() ? "queue" : "topic";
  api::Within within = test_call(call, bucket, rule);
  const api::Service& service = *api::service(within.service);
  if (api::implementation(service, *service.model->operation(within.operation)) == nullptr)
    throw Error(aws::kNotImplemented, "Notifications to a {} are not implemented yet.", what);
  try {
    api::call_within(call, std::move(within));
  } catch (const Error& refusal) {
    if (refusal.kind.code == "QueueDoesNotExist" || refusal.kind.code == "NotFound" || refusal.kind.code == "NotFoundException")
      return fmt::format("The destination {} does not exist", what);
    return fmt::format("Permissions on the destination {} do not allow S3 to publish notifications from this bucket", what);
  }
  return "";
}

void check_destinations(api::Call& call, const Bucket& bucket, const std::vector<NotificationRule>& rules) {
  Error error(kInvalidArgument, "Unable to validate the following destination configurations");
  size_t bad = 0;
  for (const NotificationRule& rule : rules) {
    const std::string reason = send_test(call, bucket, rule);
    if (reason.empty()) continue;
    ++bad;
    error.details.emplace_back(fmt::format("ArgumentName{}", bad), rule.target);
    error.details.emplace_back(fmt::format("ArgumentValue{}", bad), reason);
  }
  if (bad > 0) throw error;
}

/// Differs from AWS: destinations are queues, topics and EventBridge; Lambda is refused by name, and events that nothing here causes are
/// taken and never come.
void put_notifications(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const auto asked = call.in.find("NotificationConfiguration");
  if (asked == call.in.end()) throw malformed_xml();
  const Json checked = checked_notifications(*asked, bucket, *call.ports->random);
  if (!flag_of(call.in, "SkipDestinationValidation")) check_destinations(call, bucket, rules_of(checked));
  if (checked.empty()) erase_bucket_setting(*call.state, bucket.name, kNotificationKind);
  else put_bucket_setting(*call.state, bucket.name, kNotificationKind, checked);
}

void get_notifications(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  if (const std::optional<Json> setting = bucket_setting(*call.state, bucket.name, kNotificationKind)) call.out = *setting;
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetBucketNotificationConfiguration", get_notifications},
    {"PutBucketNotificationConfiguration", put_notifications},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_bucket_notification;
const api::Family s3_bucket_notification{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

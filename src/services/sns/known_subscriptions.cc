#include <array>

#include "api/operation.h"
#include "services/sns/errors.h"
#include "services/sns/page.h"
#include "services/sns/subscription.h"
#include "services/sns/subscription_attributes.h"

/// Which subscriptions there are, and how they are set.
namespace cairn::sns {
namespace {

Json shown(const Subscription& subscription) {
  return {{"SubscriptionArn", subscription.is_pending ? std::string("PendingConfirmation") : subscription.arn()},
          {"Owner", subscription.owner.str()},
          {"Protocol", subscription.protocol},
          {"Endpoint", subscription.endpoint},
          {"TopicArn", subscription.topic.arn()}};
}

void list_subscriptions(api::Call& call) {
  require_own(call, "ListSubscriptions", TopicName{call.region, call.account, "*"}.arn());
  call.out["Subscriptions"] = Json::array();
  each_of_page(call, documents::owned_in(call.account, call.region), [&](const std::string& name, const std::string&) {
    const size_t slash = name.rfind('/'), first = name.find('/');
    const TopicName topic{call.region, aws::AccountId(name.substr(0, first)), name.substr(first + 1, slash - first - 1)};
    if (const auto document = call.state->get(documents::subscription(topic, name.substr(slash + 1))))
      call.out["Subscriptions"].push_back(shown(decode_subscription(*document)));
  });
}

void list_subscriptions_by_topic(api::Call& call) {
  const Topic topic = open_topic(call, topic_of(call), "ListSubscriptionsByTopic");
  call.out["Subscriptions"] = Json::array();
  each_of_page(call, documents::subscriptions_of(topic), [&](const std::string&, const std::string& document) {
    call.out["Subscriptions"].push_back(shown(decode_subscription(document)));
  });
}

/// The subscription, if it is the caller's, or one to the caller's topic.
Subscription open_subscription(api::Call& call, std::string_view action) {
  require_own(call, action, "*");
  std::optional<Subscription> subscription = find_subscription(call);
  if (!subscription) throw Error(kNotFound, "Subscription does not exist");
  if (call.account != subscription->owner && call.account != subscription->topic.account)
    throw Error(aws::kAccessDenied, "User: {} is not authorized to perform: SNS:{} on this resource", call.principal.arn, action);
  return std::move(*subscription);
}

void get_subscription_attributes(api::Call& call) {
  const Subscription subscription = open_subscription(call, "GetSubscriptionAttributes");
  const std::optional<Topic> topic = find_topic(*call.state, subscription.topic);
  call.out["Attributes"] = attributes_of(subscription, topic ? topic->delivery_policy : "");
}

/// Differs from AWS: ReplayPolicy is refused, as are throttle policies.
void set_subscription_attributes(api::Call& call) {
  Subscription subscription = open_subscription(call, "SetSubscriptionAttributes");
  const std::string name = call.in["AttributeName"].get<std::string>();
  set_attribute(subscription, name, call.in.value("AttributeValue", ""), "");
  if (name.starts_with("FilterPolicy")) check_filter(*call.state, subscription, "");
  put_subscription(*call.state, subscription);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetSubscriptionAttributes", get_subscription_attributes},
    {"ListSubscriptions", list_subscriptions},
    {"ListSubscriptionsByTopic", list_subscriptions_by_topic},
    {"SetSubscriptionAttributes", set_subscription_attributes},
});

}  // namespace
}  // namespace cairn::sns

namespace cairn::services {
extern const api::Family sns_known_subscriptions;
const api::Family sns_known_subscriptions{.service = "sns", .operations = sns::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

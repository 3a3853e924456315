#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "services/sns/deliveries.h"
#include "services/sns/errors.h"
#include "services/sns/subscription.h"
#include "services/sns/subscription_attributes.h"

/// Who gets a topic's messages: from the wish to the confirmation to the end.
namespace cairn::sns {
namespace {

constexpr size_t kEndpointBytesMax = 2048;
constexpr size_t kTokenCharactersMin = 64;
constexpr std::chrono::hours kRestorable{24 * 2};

bool is_anonymous(const api::Call& call) { return call.principal.kind == aws::Principal::Kind::kAnonymous; }

/// The account of a queue's ARN. Throws InvalidParameter.
std::string account_of_queue(std::string_view arn) {
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (parts.size() != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != "sqs" || !aws::is_region(parts[3]) ||
      !aws::is_account_id(parts[4]) || parts[5].empty())
    throw invalid("SQS endpoint ARN");
  return std::string(parts[4]);
}

void check_endpoint(const api::Call& call, const TopicName& topic, const std::string& protocol, const std::string& endpoint) {
  constexpr std::string_view kAbsent[] = {"application", "firehose", "lambda", "sms"};
  if (std::ranges::find(kAbsent, protocol) != std::end(kAbsent))
    throw Error(aws::kNotImplemented, "Subscriptions of the protocol {} are not implemented.", protocol);
  const bool is_web = protocol == "http" || protocol == "https", is_mail = protocol == "email" || protocol == "email-json";
  if (!is_web && !is_mail && protocol != "sqs") throw invalid("Amazon SNS does not support this protocol string: " + protocol);
  if (endpoint.size() > kEndpointBytesMax) throw invalid("Endpoint");
  if (topic.is_fifo() && protocol != "sqs")
    throw invalid("Protocol", fmt::format("FIFO topics do not take subscriptions of the protocol {}", protocol));
  if (protocol == "sqs") {
    account_of_queue(endpoint);
    if (endpoint.ends_with(".fifo") && !topic.is_fifo())
      throw invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
  } else if (is_web) {
    const bool is_plain = std::ranges::all_of(endpoint, [](unsigned char c) { return c > ' ' && c < 127; });
    if (!endpoint.starts_with(protocol + "://") || !is_plain || endpoint.size() <= protocol.size() + 3)
      throw invalid("Endpoint must match the specified protocol");
  } else {
    const size_t at = endpoint.find('@');
    const bool is_plain =
        std::ranges::all_of(endpoint, [](unsigned char c) { return c > ' ' && c < 127 && c != '<' && c != '>' && c != ','; });
    if (at == 0 || at == std::string::npos || at + 1 == endpoint.size() || !is_plain) throw invalid("Email address");
    if (!call.ports->sends_mail)
      throw Error(aws::kNotImplemented, "This server sends no mail: its setting mail.server names no SMTP server.");
  }
}

/// Whether one that is there has the attributes that are asked for again.
bool is_same(const Subscription& there, const Json& attributes) {
  Subscription wanted = there;
  for (const auto& [name, value] : attributes.items()) set_attribute(wanted, name, value.get<std::string>(), "Attributes Reason: ");
  return encode(wanted) == encode(there);
}

/// Differs from AWS: phones, mobile apps, Lambda functions and Firehose streams cannot be subscribed; a topic has at most 2,500
/// subscriptions.
void subscribe(api::Call& call) {
  const TopicName name = topic_of(call);
  const std::string protocol = call.in["Protocol"].get<std::string>(), endpoint = call.in.value("Endpoint", "");
  aws::policy::Context context;
  context.add("sns:Protocol", protocol);
  context.add("sns:Endpoint", endpoint);
  const Topic topic = open_topic(call, name, "Subscribe", context);
  if (endpoint.empty()) throw invalid("Endpoint");
  check_endpoint(call, name, protocol, endpoint);
  const Json attributes = call.in.value("Attributes", Json::object());

  const std::vector<Subscription> all = subscriptions_of(*call.state, name);
  const auto there =
      std::ranges::find_if(all, [&](const Subscription& one) { return one.protocol == protocol && one.endpoint == endpoint; });
  Subscription subscription;
  if (there != all.end()) {
    subscription = *there;
    if (!is_same(subscription, attributes)) throw invalid("Attributes", "Subscription already exists with different attributes");
  } else {
    if (all.size() >= kSubscriptionsOfTopicMax) throw Error(kSubscriptionLimit, "Subscription limit exceeded");
    subscription.topic = name;
    subscription.id = call.ports->random->uuid();
    subscription.owner = call.account;
    subscription.principal = call.principal.arn;
    subscription.protocol = protocol;
    subscription.endpoint = endpoint;
    for (const auto& [attribute, value] : attributes.items())
      set_attribute(subscription, attribute, value.get<std::string>(), "Attributes Reason: ");
    check_filter(*call.state, subscription, "Attributes Reason: ");
    // A queue is confirmed by who owns it.
    subscription.is_pending = protocol != "sqs" || account_of_queue(endpoint) != call.account.str();
    subscription.was_authenticated = !subscription.is_pending;
  }
  if (subscription.is_pending) ask_for_confirmation(call, subscription);
  if (there == all.end() || subscription.is_pending) put_subscription(*call.state, subscription);
  const bool shows_arn = !subscription.is_pending || call.in.value("ReturnSubscriptionArn", false);
  call.out["SubscriptionArn"] = shows_arn ? subscription.arn() : "pending confirmation";
}

/// By the token alone, as whoever reads the endpoint's messages has it.
void confirm_subscription(api::Call& call) {
  const TopicName topic = parse_topic_arn(call.in["TopicArn"].get<std::string>(), "TopicArn");
  const bool authenticates = text::lower(call.in.value("AuthenticateOnUnsubscribe", "")) == "true";
  if (is_anonymous(call)) {
    call.is_decided = true;
    if (authenticates) throw Error(aws::kAccessDenied, "AuthenticateOnUnsubscribe needs a call that is signed.");
  } else {
    require_own(call, "ConfirmSubscription", topic.arn());
    if (topic.region != call.region) throw invalid("Topic");
  }
  const std::string token = call.in["Token"].get<std::string>();
  if (token.size() < kTokenCharactersMin || !text::from_hex(token)) throw invalid("Token");
  const std::optional<std::string> text = call.state->get(documents::token(token));
  const Json document = text ? json::parse(*text).value() : Json::object();
  if (!text || call.now >= Time(std::chrono::milliseconds(document.at("until").get<int64_t>())))
    throw Error(kInvalidParameter, "Invalid token");

  const bool is_restored = document.contains("restore");
  std::optional<std::string> known;
  if (is_restored) known = document["restore"].get<std::string>();
  else known = call.state->get(document["subscription"].get<std::string>());
  if (!known) throw Error(kInvalidParameter, "Invalid token");
  Subscription subscription = decode_subscription(*known);
  if (subscription.topic.arn() != topic.arn()) throw invalid("Topic");
  if (!find_topic(*call.state, topic)) throw Error(kNotFound, "Topic does not exist");
  call.owner = topic.account;
  if (is_anonymous(call)) call.region = topic.region;
  if (is_restored && !call.state->exists(documents::subscription(topic, subscription.id))) {
    subscription.token = token;
    put_subscription(*call.state, subscription);
  } else if (subscription.is_pending || authenticates != subscription.needs_authentication) {
    subscription.is_pending = false;
    subscription.was_authenticated = !is_anonymous(call);
    subscription.needs_authentication = authenticates;
    put_subscription(*call.state, subscription);
  }
  call.out["SubscriptionArn"] = subscription.arn();
}

/// An endpoint that its messages' link has unsubscribed is told, and may change its mind.
void offer_to_restore(api::Call& call, Subscription subscription) {
  const std::string token = text::hex(call.ports->random->bytes(96));
  const Time until = call.now + kRestorable;
  subscription.token.clear();
  call.state->put(documents::token(token), json::dump({{"restore", encode(subscription)}, {"until", until.time_since_epoch().count()}}));
  put_delivery(*call.state, *call.ports->random, call.now, subscription, {{"restore", token}});
}

void unsubscribe(api::Call& call) {
  if (is_anonymous(call)) call.is_decided = true;
  else require_own(call, "Unsubscribe", "*");
  std::optional<Subscription> subscription = find_subscription(call);
  if (!subscription) return;
  const bool is_owners = call.account == subscription->owner || call.account == subscription->topic.account;
  if (is_anonymous(call) ? subscription->needs_authentication : !is_owners)
    throw Error(aws::kAccessDenied, "{} may not end this subscription.",
                is_anonymous(call) ? "Who has not signed the call" : call.principal.arn);
  erase_subscription(*call.state, *subscription);
  if (is_anonymous(call)) {
    call.owner = subscription->topic.account;
    call.region = subscription->topic.region;
    if (!subscription->is_pending) offer_to_restore(call, *subscription);
  }
  if (std::optional<Topic> topic = find_topic(*call.state, subscription->topic)) {
    ++topic->subscriptions_deleted;
    put_topic(call, *topic);
  }
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ConfirmSubscription", confirm_subscription},
    {"Subscribe", subscribe},
    {"Unsubscribe", unsubscribe},
});

}  // namespace
}  // namespace cairn::sns

namespace cairn::services {
extern const api::Family sns_subscriptions;
const api::Family sns_subscriptions{.service = "sns", .operations = sns::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

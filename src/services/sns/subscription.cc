#include "services/sns/subscription.h"

#include "api/ports.h"
#include "base/text.h"
#include "outbox/item.h"
#include "services/sns/deliveries.h"
#include "services/sns/errors.h"

namespace cairn::sns {
namespace {

constexpr size_t kTokenBytes = 96;                 // as long as AWS's
constexpr std::chrono::hours kTokenLives{24 * 2};  // "Confirmation tokens are valid for two days"

void put_text(Json& document, const char* name, const std::string& value) {
  if (!value.empty()) document[name] = value;
}
void put_flag(Json& document, const char* name, bool value) {
  if (value) document[name] = true;
}

}  // namespace

std::string encode(const Subscription& subscription) {
  Json document{{"topic", subscription.topic.arn()}, {"id", subscription.id},
                {"owner", subscription.owner.str()}, {"principal", subscription.principal},
                {"protocol", subscription.protocol}, {"endpoint", subscription.endpoint}};
  put_flag(document, "pending", subscription.is_pending);
  put_text(document, "token", subscription.token);
  put_flag(document, "authenticated", subscription.was_authenticated);
  put_flag(document, "needsAuthentication", subscription.needs_authentication);
  put_flag(document, "raw", subscription.is_raw);
  put_text(document, "filterPolicy", subscription.filter_policy);
  put_text(document, "filterScope", subscription.filter_scope);
  put_text(document, "redrivePolicy", subscription.redrive_policy);
  put_text(document, "deliveryPolicy", subscription.delivery_policy);
  return json::dump(document);
}

Subscription decode_subscription(std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  Subscription subscription;
  subscription.topic = parse_topic_arn(document.at("topic").get<std::string>(), "TopicArn");
  subscription.id = document.at("id").get<std::string>();
  subscription.owner = aws::AccountId(document.at("owner").get<std::string>());
  subscription.principal = document.at("principal").get<std::string>();
  subscription.protocol = document.at("protocol").get<std::string>();
  subscription.endpoint = document.at("endpoint").get<std::string>();
  subscription.is_pending = document.value("pending", false);
  subscription.token = document.value("token", "");
  subscription.was_authenticated = document.value("authenticated", false);
  subscription.needs_authentication = document.value("needsAuthentication", false);
  subscription.is_raw = document.value("raw", false);
  subscription.filter_policy = document.value("filterPolicy", "");
  subscription.filter_scope = document.value("filterScope", "");
  subscription.redrive_policy = document.value("redrivePolicy", "");
  subscription.delivery_policy = document.value("deliveryPolicy", "");
  return subscription;
}

namespace documents {

std::string subscriptions_of(const TopicName& topic) {
  return fmt::format("sns/subscription/{}/{}/{}/", topic.account.str(), topic.region.str(), topic.name);
}
std::string subscription(const TopicName& topic, std::string_view id) { return subscriptions_of(topic).append(id); }
std::string owned_in(const aws::AccountId& owner, const aws::Region& region) {
  return fmt::format("sns/owned/{}/{}/", owner.str(), region.str());
}
std::string owned(const Subscription& subscription) {
  return fmt::format("{}{}/{}/{}", owned_in(subscription.owner, subscription.topic.region), subscription.topic.account.str(),
                     subscription.topic.name, subscription.id);
}
std::string token(std::string_view token) { return kTokens + std::string(token); }

}  // namespace documents

std::vector<Subscription> subscriptions_of(state::Transaction& state, const TopicName& topic) {
  std::vector<Subscription> all;
  for (const state::Item& item : state.list(documents::subscriptions_of(topic), "", kSubscriptionsOfTopicMax).items)
    all.push_back(decode_subscription(item.value));
  return all;
}

void put_subscription(state::Transaction& state, const Subscription& subscription) {
  state.put(documents::subscription(subscription.topic, subscription.id), encode(subscription));
  state.put(documents::owned(subscription), "");
}

void erase_subscription(state::Transaction& state, const Subscription& subscription) {
  state.erase(documents::subscription(subscription.topic, subscription.id));
  state.erase(documents::owned(subscription));
  if (!subscription.token.empty()) state.erase(documents::token(subscription.token));
}

std::optional<Subscription> find_subscription(api::Call& call) {
  const std::string arn = call.in.value("SubscriptionArn", "");
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (arn.empty()) throw invalid("SubscriptionArn", "no value for required parameter");
  if (parts.size() < 6) throw invalid("SubscriptionArn", fmt::format("An ARN must have at least 6 elements, not {}", parts.size()));
  const TopicName topic = parse_topic_arn(arn, "SubscriptionArn");
  if (topic.region != call.region && call.principal.kind != aws::Principal::Kind::kAnonymous) throw invalid("SubscriptionArn");
  if (parts.size() != 7 || parts[6].empty() || parts[6].find('/') != std::string_view::npos) throw invalid("SubscriptionId");
  const std::optional<std::string> document = call.state->get(documents::subscription(topic, parts[6]));
  if (!document) return std::nullopt;
  return decode_subscription(*document);
}

void ask_for_confirmation(api::Call& call, Subscription& subscription) {
  if (!subscription.token.empty()) call.state->erase(documents::token(subscription.token));
  subscription.token = text::hex(call.ports->random->bytes(kTokenBytes));
  const Time until = call.now + kTokenLives;
  call.state->put(documents::token(subscription.token),
                  json::dump({{"subscription", documents::subscription(subscription.topic, subscription.id)},
                              {"until", until.time_since_epoch().count()}}));
  put_delivery(*call.state, *call.ports->random, call.now, subscription, {{"confirm", subscription.token}});
}

}  // namespace cairn::sns

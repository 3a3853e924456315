#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/sns/topic.h"

namespace cairn::sns {

constexpr size_t kSubscriptionsOfTopicMax = 2500;  // each may get a message of Publish, all in one entry of the journal

/// A subscription as its document tells it. Texts that nobody set are empty.
struct Subscription {
  TopicName topic;
  std::string id;
  aws::AccountId owner;
  std::string principal;  // ARN of who subscribed
  std::string protocol, endpoint;
  bool is_pending = false;
  std::string token;                  // by which it is confirmed; of the newest message that asks for it
  bool was_authenticated = false;     // who confirmed it was known
  bool needs_authentication = false;  // to unsubscribe
  bool is_raw = false;
  std::string filter_policy, filter_scope, redrive_policy, delivery_policy;

  std::string arn() const { return topic.arn() + ":" + id; }
  bool filters_body() const { return filter_scope == "MessageBody"; }
};

std::string encode(const Subscription& subscription);
Subscription decode_subscription(std::string_view document);

namespace documents {
std::string subscriptions_of(const TopicName& topic);
std::string subscription(const TopicName& topic, std::string_view id);
std::string owned_in(const aws::AccountId& owner, const aws::Region& region);  // below it: "" by TOPIC'S ACCOUNT/TOPIC/ID
std::string owned(const Subscription& subscription);
/// What the bearer of a token may do: `subscription` (its document's key), or `restore` (the document itself); `until`.
std::string token(std::string_view token);
inline const std::string kTokens = "sns/token/";
}  // namespace documents

/// All of a topic.
std::vector<Subscription> subscriptions_of(state::Transaction& state, const TopicName& topic);
void put_subscription(state::Transaction& state, const Subscription& subscription);
void erase_subscription(state::Transaction& state, const Subscription& subscription);

/// The subscription of an ARN in the call's SubscriptionArn; the topic need not exist any more. Throws InvalidParameter; nullopt: none.
std::optional<Subscription> find_subscription(api::Call& call);

/// Puts the message into the outbox that asks the endpoint to confirm, with a new token.
void ask_for_confirmation(api::Call& call, Subscription& subscription);

}  // namespace cairn::sns

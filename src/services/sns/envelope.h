#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "services/sns/signer.h"

namespace cairn::sns {

/// What an endpoint is sent: a message, or the question whether it wants to have messages. Texts that do not apply are empty.
struct Letter {
  std::string type;  // Notification, SubscriptionConfirmation, UnsubscribeConfirmation
  std::string message_id, sequence_number, token, topic_arn;
  std::optional<std::string> subject;
  std::string message, subscribe_url, timestamp, unsubscribe_url;
  Json attributes = Json::object();  // by the API's member names

  /// What the signature is over, as receivers put it together.
  std::string text_to_sign() const;
  /// The JSON document, members in AWS's order and form. FIFO topics' messages have no signature.
  std::string envelope(const std::optional<Signature>& signature) const;
};

Letter notification(const struct Message& message, const struct Subscription& subscription, const std::string& endpoint);
/// Asks to confirm; or, when `is_gone`, tells of the end of the subscription and offers to take it back.
Letter confirmation(const struct Subscription& subscription, const std::string& token, std::string message_id, Time now,
                    const std::string& endpoint, bool is_gone);

}  // namespace cairn::sns

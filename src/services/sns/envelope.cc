#include "services/sns/envelope.h"

#include "base/text.h"
#include "services/sns/message.h"
#include "services/sns/subscription.h"

namespace cairn::sns {
namespace {

/// Members one below the other, as AWS writes them: `"Name" : "value"`.
class Members {
 public:
  void add(std::string_view name, const std::string& value) {
    begin(name);
    json::append_quoted(text_, value);
  }
  void add_if(std::string_view name, const std::string& value) {
    if (!value.empty()) add(name, value);
  }
  void begin(std::string_view name) {
    text_ += text_.empty() ? "{\n  " : ",\n  ";
    json::append_quoted(text_, name);
    text_ += " : ";
  }
  std::string& text() { return text_; }
  std::string finish() && { return std::move(text_) + "\n}"; }

 private:
  std::string text_;
};

void add_attributes(Members& members, const Json& attributes) {
  members.begin("MessageAttributes");
  std::string& out = members.text();
  out += "{";
  bool is_first = true;
  for (const auto& [name, attribute] : attributes.items()) {
    out += std::exchange(is_first, false) ? "\n    " : ",\n    ";
    json::append_quoted(out, name);
    out += R"( : {"Type":)";
    json::append_quoted(out, attribute.value("DataType", ""));
    out += R"(,"Value":)";
    json::append_quoted(out, attribute.contains("StringValue") ? attribute.value("StringValue", "") : attribute.value("BinaryValue", ""));
    out += "}";
  }
  out += "\n  }";
}

std::string url_of(const std::string& endpoint, std::string_view rest) { return fmt::format("{}/?Action={}", endpoint, rest); }

}  // namespace

std::string Letter::text_to_sign() const {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) { text.append(name).append("\n").append(value).append("\n"); };
  add("Message", message);
  add("MessageId", message_id);
  if (type == "Notification") {
    if (subject) add("Subject", *subject);
  } else {
    add("SubscribeURL", subscribe_url);
  }
  add("Timestamp", timestamp);
  if (type != "Notification") add("Token", token);
  add("TopicArn", topic_arn);
  add("Type", type);
  return text;
}

std::string Letter::envelope(const std::optional<Signature>& signature) const {
  Members members;
  members.add("Type", type);
  members.add("MessageId", message_id);
  members.add_if("SequenceNumber", sequence_number);
  members.add_if("Token", token);
  members.add("TopicArn", topic_arn);
  if (subject) members.add("Subject", *subject);
  members.add("Message", message);
  members.add_if("SubscribeURL", subscribe_url);
  members.add("Timestamp", timestamp);
  if (signature) {
    members.add("SignatureVersion", signature->version);
    members.add("Signature", signature->base64);
    members.add("SigningCertURL", signature->certificate_url);
  }
  members.add_if("UnsubscribeURL", unsubscribe_url);
  if (!attributes.empty()) add_attributes(members, attributes);
  return std::move(members).finish();
}

Letter notification(const Message& message, const Subscription& subscription, const std::string& endpoint) {
  Letter letter;
  letter.type = "Notification";
  letter.message_id = message.id;
  letter.sequence_number = message.sequence_number();
  letter.topic_arn = message.topic.arn();
  letter.subject = message.subject;
  letter.message = message.text_for(subscription.protocol);
  letter.timestamp = timestamps::iso8601_millis(message.time);
  letter.unsubscribe_url = url_of(endpoint, "Unsubscribe&SubscriptionArn=" + subscription.arn());
  letter.attributes = message.attributes;
  return letter;
}

Letter confirmation(const Subscription& subscription, const std::string& token, std::string message_id, Time now,
                    const std::string& endpoint, bool is_gone) {
  Letter letter;
  const std::string topic = subscription.topic.arn();
  letter.type = is_gone ? "UnsubscribeConfirmation" : "SubscriptionConfirmation";
  letter.message_id = std::move(message_id);
  letter.token = token;
  letter.topic_arn = topic;
  letter.message =
      is_gone ? fmt::format(
                    "You have chosen to deactivate subscription {}.\nTo cancel this operation and restore the subscription, visit the "
                    "SubscribeURL included in this message.",
                    subscription.arn())
              : fmt::format(
                    "You have chosen to subscribe to the topic {}.\nTo confirm the subscription, visit the SubscribeURL included in "
                    "this message.",
                    topic);
  letter.subscribe_url = url_of(endpoint, fmt::format("ConfirmSubscription&TopicArn={}&Token={}", topic, token));
  letter.timestamp = timestamps::iso8601_millis(now);
  return letter;
}

}  // namespace cairn::sns

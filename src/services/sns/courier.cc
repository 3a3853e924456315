#include "services/sns/courier.h"

#include "base/text.h"
#include "services/sns/delivery_policy.h"
#include "services/sns/mail.h"
#include "services/sns/message_key.h"
#include "services/sns/subscription_attributes.h"

namespace cairn::sns {
namespace {

using outbox::Item;

constexpr std::chrono::seconds kHttpTimeout{15};
constexpr std::chrono::milliseconds kUntilListening{20};
constexpr size_t kAttributesOfQueueMessageMax = 10, kDeduplicationCharacters = 128;

Json attributes_of(const Message& message) {
  Json attributes = Json::object();
  for (const auto& [name, attribute] : message.attributes.items()) attributes[name] = attribute;
  return attributes;
}

void to_queue(Item& item, const Subscription& subscription, const Letter& letter, const std::string& body, const Message* message) {
  const std::vector<std::string_view> arn = text::split(subscription.endpoint, ':');
  Json request{{"QueueUrl", fmt::format("https://sqs.{}.amazonaws.com/{}/{}", arn[3], arn[4], arn[5])}, {"MessageBody", body}};
  const bool is_fifo = subscription.endpoint.ends_with(".fifo");
  if (message != nullptr) {
    if (subscription.is_raw && !message->attributes.empty()) request["MessageAttributes"] = attributes_of(*message);
    if (!message->group.empty() && (is_fifo || !message->topic.is_fifo())) request["MessageGroupId"] = message->group;
    if (is_fifo) request["MessageDeduplicationId"] = message->deduplication;
  } else if (is_fifo) {
    request["MessageGroupId"] = subscription.id;
    request["MessageDeduplicationId"] = letter.token.substr(0, kDeduplicationCharacters);
  }
  item.what = outbox::Call{.service = "sqs",
                           .region = aws::Region(std::string(arn[3])),
                           .headers = {{"Content-Type", "application/x-amz-json-1.0"}, {"X-Amz-Target", "AmazonSQS.SendMessage"}},
                           .body = json::dump(request)};
  item.retry = outbox::RetryPolicy::of_services();
}

void to_web(Item& item, const Subscription& subscription, const std::optional<Topic>& topic, const Letter& letter,
            const std::string& body) {
  const Json policy = effective_delivery_policy(topic ? topic->delivery_policy : "", subscription.delivery_policy);
  outbox::Http http{.url = subscription.endpoint, .body = body, .timeout = kHttpTimeout};
  http.headers = {
      {"x-amz-sns-message-type", letter.type}, {"x-amz-sns-message-id", letter.message_id}, {"x-amz-sns-topic-arn", letter.topic_arn}};
  if (letter.type == "Notification") http.headers.emplace_back("x-amz-sns-subscription-arn", subscription.arn());
  const bool is_raw = subscription.is_raw && letter.type == "Notification";
  if (is_raw) http.headers.emplace_back("x-amz-sns-rawdelivery", "true");
  http.headers.emplace_back("Content-Type", is_raw ? content_type_of(policy) : "text/plain; charset=UTF-8");
  http.headers.emplace_back("User-Agent", "Amazon Simple Notification Service Agent");
  http.headers.emplace_back("Accept-Encoding", "gzip,deflate");
  item.what = std::move(http);
  item.retry = retry_policy_of(policy);
}

}  // namespace

void Courier::address(Item& item, const Subscription& subscription, const std::optional<Topic>& topic, const Letter& letter,
                      const Message* message) const {
  item.sender = {"sns.amazonaws.com", subscription.topic.arn(), subscription.topic.account};
  const bool is_raw = subscription.is_raw && letter.type == "Notification";
  std::string body = letter.message;
  if (!is_raw && subscription.protocol != "email") {
    std::optional<Signature> signature;
    if (message == nullptr || !message->sequence) {
      const std::string version = topic && topic->signature_version == "2" ? "2" : "1";
      signature = means_.signer.sign(letter.text_to_sign(), version, means_.endpoint());
    }
    body = letter.envelope(signature);
  }
  if (subscription.protocol == "sqs") to_queue(item, subscription, letter, body, message);
  else if (subscription.protocol == "email" || subscription.protocol == "email-json") {
    item.what = mail_of(subscription, topic ? topic->display_name : "", letter, body, means_.mail_from, means_.clock.now());
    item.retry = outbox::RetryPolicy::of_mail();
  } else to_web(item, subscription, topic, letter, body);
  const std::string queue = dead_letter_queue_of(subscription);
  if (queue.empty() || message == nullptr) return;
  item.dead_letter = outbox::DeadLetter{.queue = queue, .body = body};
  if (is_raw) item.dead_letter->typed_attributes = attributes_of(*message);
  if (queue.ends_with(".fifo")) {
    item.dead_letter->group = message->group.empty() ? message->id : message->group;
    item.dead_letter->deduplication = message->deduplication.empty() ? message->id : message->deduplication;
  }
}

std::optional<Item> Courier::message(state::Transaction& state, Item item, const std::string& message_id,
                                     const std::string& subscription_key) const {
  const std::optional<std::string> text = state.get(documents::message(message_id));
  if (!text) return std::nullopt;
  const Message message = open_message(means_.sealer, *text);
  const std::optional<std::string> document = state.get(subscription_key);
  if (!document) return std::nullopt;  // unsubscribed meanwhile
  const Subscription subscription = decode_subscription(*document);
  // What a queue cannot hold is a mistake of whoever published it: it is not sent.
  if (subscription.protocol == "sqs" && subscription.is_raw && message.attributes.size() > kAttributesOfQueueMessageMax)
    return std::nullopt;
  address(item, subscription, find_topic(state, message.topic), notification(message, subscription, means_.endpoint()), &message);
  return item;
}

std::optional<Item> Courier::question(state::Transaction& state, Item item, const std::string& token, bool is_gone) const {
  const std::optional<std::string> text = state.get(documents::token(token));
  if (!text) return std::nullopt;
  const Json document = json::parse(*text).value();  // we wrote it
  std::optional<std::string> known;
  if (is_gone) known = document.at("restore").get<std::string>();
  else known = state.get(document.at("subscription").get<std::string>());
  if (!known) return std::nullopt;
  const Subscription subscription = decode_subscription(*known);
  if (!is_gone && !subscription.is_pending) return std::nullopt;
  const Letter letter = confirmation(subscription, token, means_.random.uuid(), means_.clock.now(), means_.endpoint(), is_gone);
  address(item, subscription, find_topic(state, subscription.topic), letter, nullptr);
  return item;
}

std::optional<Item> Courier::make(state::Transaction& state, Item item) {
  if (means_.endpoint().empty()) {
    item.what = outbox::Later{.wait = kUntilListening};
    return item;
  }
  const Json data = std::get<outbox::Deferred>(item.what).data;
  const auto text = [&](const char* name) { return data.value(name, ""); };
  if (data.contains("message")) return message(state, std::move(item), text("message"), text("to"));
  if (data.contains("confirm")) return question(state, std::move(item), text("confirm"), false);
  return question(state, std::move(item), text("restore"), true);
}

void Courier::told(state::Transaction& state, const Item& item, const outbox::Told& told) {
  const Json& data = std::get<outbox::Deferred>(item.what).data;
  if (told.what == outbox::Told::What::kFailed || !data.contains("message")) return;
  const std::string id = data["message"].get<std::string>();
  const std::optional<std::string> uses = state.get(documents::message_uses(id));
  const uint64_t left = uses ? text::to_uint(*uses).value_or(1) - 1 : 0;
  if (left > 0) return state.put(documents::message_uses(id), std::to_string(left));
  state.erase(documents::message_uses(id));
  state.erase(documents::message(id));
}

}  // namespace cairn::sns

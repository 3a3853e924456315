#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "api/operation.h"
#include "api/ports.h"
#include "services/sns/deliveries.h"
#include "services/sns/errors.h"
#include "services/sns/filter_policy.h"
#include "services/sns/message.h"
#include "services/sns/message_key.h"

/// Publishing: the message, and its way to each subscription that wants it, are one entry of the journal.
namespace cairn::sns {
namespace {

using namespace std::chrono_literals;

constexpr size_t kBatchEntriesMax = 10, kBatchIdCharactersMax = 80;
constexpr size_t kDeliveriesOfCallMax = kSubscriptionsOfTopicMax;
constexpr auto kDeduplicates = 5min;

bool wants(const Subscription& subscription, const Message& message, const std::string& attributes) {
  if (subscription.is_pending) return false;
  if (subscription.filter_policy.empty()) return true;
  return compiled_filter(subscription.filter_policy)
      ->matches(subscription.filters_body() ? message.text_for(subscription.protocol) : attributes);
}

/// What a publication of the last five minutes was answered; nullopt: there was none like it.
std::optional<Json> seen(api::Call& call, const Topic& topic, const Message& message, std::string& key) {
  key = documents::seen(topic,
                        topic.throughput_scope == "MessageGroup" ? message.group + "/" + message.deduplication : message.deduplication);
  const std::optional<std::string> document = call.state->get(key);
  if (!document) return std::nullopt;
  Json before = json::parse(*document).value();
  if (call.now >= Time(std::chrono::milliseconds(before.at("until").get<int64_t>()))) return std::nullopt;
  before.erase("until");
  return before;
}

void remember(api::Call& call, const std::string& key, Json answer) {
  const Time until = call.now + kDeduplicates;
  answer["until"] = until.time_since_epoch().count();
  call.state->put(key, json::dump(answer));
  call.state->put(fmt::format("{}{:015}/{}", documents::kSeenUntil, until.time_since_epoch().count(), key), "");
}

/// Puts the message, and a delivery for each of `subscribers`; what Publish answers.
Json put_message(api::Call& call, const Topic& topic, const MessageSealer& sealer, Message message,
                 const std::vector<const Subscription*>& subscribers) {
  std::string seen_key;
  if (topic.is_fifo()) {
    if (std::optional<Json> before = seen(call, topic, message, seen_key)) return *before;
    const std::optional<std::string> last = call.state->get(documents::sequence(topic));
    message.sequence = (last ? std::stoull(*last) : 0) + 1;
    call.state->put(documents::sequence(topic), std::to_string(*message.sequence));
  }
  message.id = call.ports->random->uuid();
  message.time = call.now;
  Json answer{{"MessageId", message.id}};
  if (message.sequence) answer["SequenceNumber"] = message.sequence_number();
  if (topic.is_fifo()) remember(call, seen_key, answer);
  if (subscribers.empty()) return answer;
  call.state->put(documents::message(message.id), sealer.seal(message));
  call.state->put(documents::message_uses(message.id), std::to_string(subscribers.size()));
  std::optional<Turn> turn;
  if (message.sequence) turn = Turn{message.group, *message.sequence};
  for (const Subscription* subscription : subscribers)
    put_delivery(*call.state, *call.ports->random, call.now, *subscription, {{"message", message.id}}, turn);
  return answer;
}

std::vector<const Subscription*> subscribers_of(const std::vector<Subscription>& all, const Message& message) {
  const std::string attributes = filterable(message.attributes);
  std::vector<const Subscription*> wanting;
  for (const Subscription& subscription : all)
    if (wants(subscription, message, attributes)) wanting.push_back(&subscription);
  return wanting;
}

/// Differs from AWS: text messages to phones are not implemented.
void publish(api::Call& call) {
  const Json& in = call.in;
  if (in.contains("PhoneNumber")) {
    require_own(call, "Publish", "*");
    throw Error(aws::kNotImplemented, "Text messages to phones are not implemented.");
  }
  const std::string parameter = in.contains("TopicArn") ? "TopicArn" : "TargetArn";
  if (!in.contains(parameter)) {
    require_own(call, "Publish", "*");
    throw invalid("TopicArn or TargetArn", "no value for required parameter");
  }
  if (in[parameter].get<std::string>().find(":endpoint/") != std::string::npos) {
    require_own(call, "Publish", in[parameter].get<std::string>());
    throw invalid("TargetArn", "No endpoint found for the target arn specified");
  }
  const Topic topic = open_topic(call, topic_of(call, parameter), "Publish");
  Message message = take_message(in, topic);
  const std::vector<Subscription> all = subscriptions_of(*call.state, topic);
  const std::vector<const Subscription*> subscribers = subscribers_of(all, message);
  call.out = put_message(call, topic, MessageSealer(call, topic), std::move(message), subscribers);
}

void check_entries(const Json& entries) {
  if (entries.empty()) throw Error(kEmptyBatch, "The batch request doesn't contain any entries.");
  if (entries.size() > kBatchEntriesMax) throw Error(kTooManyEntries, "The batch request contains more entries than permissible.");
  std::set<std::string> ids;
  for (const Json& entry : entries) {
    const std::string id = entry.value("Id", "");
    if (!ids.insert(id).second) throw Error(kBatchIdsNotDistinct, "Two or more batch entries in the request have the same Id.");
    if (id.size() > kBatchIdCharactersMax) throw Error(kInvalidBatchId, "The Id of a batch entry in the batch request is too long: {}", id);
    const bool is_plain = !id.empty() && std::ranges::all_of(id, [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    });
    if (!is_plain) throw Error(kInvalidBatchId, "The Id of a batch entry in the batch request contains an impermissible character: {}", id);
  }
}

/// Differs from AWS: entries whose deliveries are more than fit one call together (2,500) fail, to be sent again.
void publish_batch(api::Call& call) {
  const Topic topic = open_topic(call, topic_of(call), "Publish");
  const Json& entries = call.in["PublishBatchRequestEntries"];
  check_entries(entries);
  std::vector<Message> messages;
  size_t bytes = 0;
  for (const Json& entry : entries) {
    size_t size = entry.value("Message", "").size();
    bytes += size;
    if (bytes > kMessageBytesMax) throw Error(kBatchTooLong, "The length of all the messages put together is more than the limit.");
    messages.push_back(take_message(entry, topic));
    bytes += size_of(messages.back()) - size;
  }
  if (bytes > kMessageBytesMax) throw Error(kBatchTooLong, "The length of all the messages put together is more than the limit.");
  const std::vector<Subscription> all = subscriptions_of(*call.state, topic);
  call.out = {{"Successful", Json::array()}, {"Failed", Json::array()}};
  const MessageSealer sealer(call, topic);
  size_t deliveries = 0;
  for (size_t i = 0; i < messages.size(); ++i) {
    const std::vector<const Subscription*> subscribers = subscribers_of(all, messages[i]);
    if (deliveries + subscribers.size() > kDeliveriesOfCallMax) {
      call.out["Failed"].push_back({{"Id", entries[i]["Id"]},
                                    {"Code", "Throttled"},
                                    {"Message", "The entries have more deliveries together than one call may have."},
                                    {"SenderFault", false}});
      continue;
    }
    deliveries += subscribers.size();
    Json answer{{"Id", entries[i]["Id"]}};
    answer.update(put_message(call, topic, sealer, std::move(messages[i]), subscribers));
    call.out["Successful"].push_back(std::move(answer));
  }
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"Publish", publish},
    {"PublishBatch", publish_batch},
});

}  // namespace
}  // namespace cairn::sns

namespace cairn::services {
extern const api::Family sns_publish;
const api::Family sns_publish{.service = "sns", .operations = sns::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

#include <array>
#include <set>

#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "env/random.h"
#include "services/sqs/attributes.h"
#include "services/sqs/board.h"
#include "services/sqs/content.h"
#include "services/sqs/errors.h"
#include "services/sqs/pick.h"
#include "services/sqs/receipt.h"

/// ReceiveMessage.
namespace cairn::sqs {
namespace {

constexpr int64_t kMessagesMax = 10, kWaitMax = 20, kVisibilityMax = 43'200;
constexpr size_t kInFlightMax = 120'000;
constexpr size_t kWaitingBytesMax = 64 << 10;  // of a request that may wait: it stays in memory, as do WaitingRoom::kCallsMax others

constexpr auto kSystemAttributes = std::to_array<std::string_view>(
    {"AWSTraceHeader", "ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "DeadLetterQueueSourceArn", "MessageDeduplicationId",
     "MessageGroupId", "SenderId", "SentTimestamp", "SequenceNumber"});

struct Ask {
  size_t messages = 1;
  std::chrono::seconds visibility{0}, wait{0};
  std::set<std::string> system_attributes;
  std::vector<std::string> attributes;  // names, or PREFIX.*
};

int64_t number(const Json& in, const char* name, int64_t otherwise) { return in.contains(name) ? in.at(name).get<int64_t>() : otherwise; }

Ask read_ask(const api::Call& call, const Queue& queue) {
  const Json& in = call.in;
  Ask ask;
  const int64_t messages = number(in, "MaxNumberOfMessages", 1);
  if (messages < 1 || messages > kMessagesMax)
    throw invalid_value(messages, "MaxNumberOfMessages", fmt::format("Must be between 1 and {}, if provided.", kMessagesMax));
  const int64_t visibility = number(in, "VisibilityTimeout", queue.number("VisibilityTimeout"));
  if (visibility < 0 || visibility > kVisibilityMax)
    throw invalid_value(visibility, "VisibilityTimeout", fmt::format("Must be >= 0 and <= {}, if provided.", kVisibilityMax));
  const int64_t wait = number(in, "WaitTimeSeconds", queue.number("ReceiveMessageWaitTimeSeconds"));
  if (wait < 0 || wait > kWaitMax)
    throw invalid_value(wait, "WaitTimeSeconds", fmt::format("Must be >= 0 and <= {}, if provided.", kWaitMax));
  if (in.contains("ReceiveRequestAttemptId"))
    throw Error(aws::kNotImplemented, "Receiving the same messages again by ReceiveRequestAttemptId is not implemented: leave it out.");
  ask.messages = static_cast<size_t>(messages);
  ask.visibility = std::chrono::seconds(visibility);
  ask.wait = std::chrono::seconds(wait);
  for (const char* member : {"AttributeNames", "MessageSystemAttributeNames"}) {
    if (!in.contains(member)) continue;
    for (const Json& each : in.at(member)) {
      const std::string name = each.get<std::string>();
      if (name == "All") ask.system_attributes.insert(kSystemAttributes.begin(), kSystemAttributes.end());
      else if (std::ranges::find(kSystemAttributes, name) != kSystemAttributes.end()) ask.system_attributes.insert(name);
      else if (!is_attribute(name)) throw unknown_attribute(name);  // those of queues are passed over, as AWS does
    }
  }
  if (in.contains("MessageAttributeNames"))
    for (const Json& name : in.at("MessageAttributeNames")) ask.attributes.push_back(name.get<std::string>());
  return ask;
}

bool is_asked(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view asked) {
    if (asked == "All" || asked == ".*") return true;
    return asked.ends_with(".*") ? name.starts_with(asked.substr(0, asked.size() - 1)) : asked == name;
  });
}

Json system_attributes(const Queue& queue, const Place& place, const Content& content) {
  Json all{{"SenderId", content.sender},
           {"SentTimestamp", std::to_string(time_of_sequence(place.seq))},
           {"ApproximateReceiveCount", std::to_string(place.receives)},
           {"ApproximateFirstReceiveTimestamp", std::to_string(place.first_received)}};
  if (queue.is_fifo()) {
    all["SequenceNumber"] = place.seq;
    all["MessageDeduplicationId"] = content.deduplication;
  }
  if (!content.group.empty()) all["MessageGroupId"] = content.group;
  if (!content.trace_header.empty()) all["AWSTraceHeader"] = content.trace_header;
  if (!place.source.empty()) all["DeadLetterQueueSourceArn"] = place.source;
  return all;
}

Json shown(api::Call& call, const Queue& queue, const Ask& ask, const Place& place) {
  const Content content = read_content(call, queue, place.seq);
  Json message{
      {"MessageId", content.id}, {"ReceiptHandle", handle_of(queue, place)}, {"MD5OfBody", md5_of(content.body)}, {"Body", content.body}};
  const Json all = system_attributes(queue, place, content);  // named: a loop over a temporary's items() outlives it
  for (const auto& [name, value] : all.items())
    if (ask.system_attributes.contains(name)) message["Attributes"][name] = value;
  MessageAttributes attributes;
  for (const auto& [name, attribute] : content.attributes)
    if (is_asked(ask.attributes, name)) attributes[name] = attribute;
  if (attributes.empty()) return message;
  message["MD5OfMessageAttributes"] = md5_of(attributes);
  for (const auto& [name, attribute] : attributes) {
    Json& value = message["MessageAttributes"][name] = Json{{"DataType", attribute.type}};
    if (attribute.is_binary()) value["BinaryValue"] = text::base64(attribute.value);
    else value["StringValue"] = attribute.value;
  }
  return message;
}

/// Differs from AWS: ReceiveRequestAttemptId is refused; the messages of an answer that never reaches its client are hidden until their
/// visibility timeout ends.
void receive_message(api::Call& call) {
  const Queue queue = open_queue(call, "ReceiveMessage");
  const Ask ask = read_ask(call, queue);
  Board& board = *call.ports->queues;
  const Time wait_end = call.arrived + ask.wait;
  const bool may_wait = call.now < wait_end && call.http.bytes_in <= kWaitingBytesMax;
  if (board.counts(queue.id).in_flight + ask.messages > kInFlightMax) {
    if (queue.is_fifo() || may_wait) return;
    throw Error(kOverLimit, "Too many messages in flight: at most {}.", kInFlightMax);
  }
  api::WaitingRoom& room = *call.ports->waiting_room;
  const uint64_t version = room.version(queue.id);
  const Picked picked = pick(call, queue, ask.messages, ask.visibility);
  // What went to the dead letters instead is to be committed: then this is the answer, whatever there is.
  if (picked.places.empty() && may_wait && call.state->changes().empty() && room.has_room()) {
    const Time until = picked.next ? std::min(wait_end, *picked.next) : wait_end;
    throw api::NotYet{
        [&room, id = queue.id, version, until](std::function<void()> resume) { return room.wait(id, version, until, std::move(resume)); }};
  }
  if (picked.places.empty() && picked.next) room.expect(queue.id, *picked.next);
  for (const Place& place : picked.places) call.out["Messages"].push_back(shown(call, queue, ask, place));
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ReceiveMessage", receive_message},
});

}  // namespace
}  // namespace cairn::sqs

namespace cairn::services {
extern const api::Family sqs_receive;
const api::Family sqs_receive{.service = "sqs", .operations = sqs::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

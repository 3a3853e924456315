#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/time.h"
#include "services/sns/topic.h"
#include "state/store.h"

namespace cairn::sns {

/// What was published: one document, whichever subscriptions get it.
struct Message {
  std::string id;
  TopicName topic;
  Time time;
  std::optional<std::string> subject;
  Json attributes = Json::object();  // by the API's member names
  bool is_structured = false;        // `text` is JSON: a text for each protocol
  std::string group, deduplication;  // FIFO
  std::optional<uint64_t> sequence;  // FIFO
  std::string text;
  std::string sealed_key;  // as the document has it (message_key.h); "": `text` is in the clear

  /// What those of a protocol get.
  std::string text_for(std::string_view protocol) const;
  /// FIFO: the number as SNS shows it.
  std::string sequence_number() const;
};

std::string encode(const Message& message);
Message decode_message(std::string_view document);

namespace documents {
inline std::string message(std::string_view id) { return "sns/message/" + std::string(id); }
inline std::string message_uses(std::string_view id) { return "sns/message-uses/" + std::string(id); }  // deliveries that need it yet
}  // namespace documents

/// A message as Publish and the entries of PublishBatch ask for it, checked; without id, time and sequence. Throws InvalidParameter,
/// ParameterValueInvalid.
Message take_message(const Json& in, const Topic& topic);
size_t size_of(const Message& message);  // that counts against the limit
constexpr size_t kMessageBytesMax = 256 << 10;

}  // namespace cairn::sns

#include "services/sns/message.h"

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "base/text.h"
#include "services/sns/errors.h"

namespace cairn::sns {
namespace {

constexpr size_t kSubjectCharactersMax = 100, kAttributeNameBytesMax = 256, kFifoIdCharactersMax = 128;
constexpr uint64_t kFirstSequence = 10'000'000'000'000'000'000u;

void check_subject(const std::string& subject) {
  const bool is_plain = std::ranges::all_of(subject, [](unsigned char c) { return c >= ' ' && c != 127; });
  if (subject.empty() || text::code_points(subject) > kSubjectCharactersMax || !is_plain || subject.front() == ' ')
    throw invalid("Subject");
}

void check_attribute_name(const std::string& name) {
  if (name.size() >= kAttributeNameBytesMax) throw Error(kInvalidValue, "Length of message attribute name must be less than 256 bytes.");
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.')
      throw Error(kInvalidValue,
                  "Invalid non-alphanumeric character '#x{:X}' was found in the message attribute name. Can only include alphanumeric "
                  "characters, hyphens, underscores, or dots.",
                  static_cast<unsigned char>(c));
  if (name.starts_with('.')) throw Error(kInvalidValue, "Invalid message attribute name starting with character '.' was found.");
  if (name.ends_with('.')) throw Error(kInvalidValue, "Invalid message attribute name ending with character '.' was found.");
  if (name.find("..") != std::string::npos) throw Error(kInvalidValue, "Message attribute name can not have successive '.' character.");
}

bool has_text(const Json& attribute, const char* member) {
  const auto at = attribute.find(member);
  return at != attribute.end() && at->is_string() && !at->get_ref<const std::string&>().empty();
}

bool is_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return false;
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem != std::errc::invalid_argument && end == text.data() + text.size();
}

void check_attribute(const std::string& name, const Json& attribute) {
  check_attribute_name(name);
  const std::string type = attribute.value("DataType", "");
  const std::string prefix = type.substr(0, type.find('.'));
  if (prefix != "String" && prefix != "Number" && prefix != "Binary")
    throw Error(kInvalidValue,
                "The message attribute '{}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, "
                "and String.",
                name);
  const bool is_binary = prefix == "Binary";
  if (!has_text(attribute, is_binary ? "BinaryValue" : "StringValue")) {
    if (has_text(attribute, is_binary ? "StringValue" : "BinaryValue"))
      throw Error(kInvalidValue, "The message attribute '{}' with type '{}' must use field '{}'.", name, type,
                  is_binary ? "Binary" : "String");
    throw Error(kInvalidValue, "The message attribute '{}' must contain non-empty message attribute value for message attribute type '{}'.",
                name, type);
  }
  if (is_binary) return;
  const std::string& value = attribute["StringValue"].get_ref<const std::string&>();
  if (prefix == "Number" && !is_number(value)) throw Error(kInvalidValue, "Could not cast message attribute '{}' value to number.", name);
  for (const char c : value)
    if (static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n' && c != '\r')
      throw Error(kInvalidValue, "Invalid binary character '#x{:X}' was found in the message attribute '{}' value.",
                  static_cast<unsigned char>(c), name);
}

void check_structure(const std::string& text) {
  const Result<Json> bodies = json::parse(text);
  if (!bodies || !bodies->is_object()) throw invalid("Message Structure - JSON message body failed to parse");
  if (!bodies->contains("default") || !(*bodies)["default"].is_string())
    throw invalid("Message Structure - No default entry in JSON message body");
}

bool is_fifo_id(const std::string& id) {
  return id.size() <= kFifoIdCharactersMax && std::ranges::all_of(id, [](unsigned char c) { return c > ' ' && c < 127; });
}

void take_fifo_ids(const Json& in, const Topic& topic, Message& message) {
  message.group = in.value("MessageGroupId", "");
  message.deduplication = in.value("MessageDeduplicationId", "");
  if (!is_fifo_id(message.group)) throw invalid("MessageGroupId");
  if (!is_fifo_id(message.deduplication)) throw invalid("MessageDeduplicationId");
  if (!topic.is_fifo()) {
    if (!message.deduplication.empty())
      throw invalid("MessageDeduplicationId",
                    "The request includes MessageDeduplicationId parameter that is not valid for this topic type");
    return;
  }
  if (message.group.empty()) throw invalid("The MessageGroupId parameter is required for FIFO topics");
  if (!message.deduplication.empty()) return;
  if (!topic.deduplicates_by_content)
    throw invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
  message.deduplication = text::hex(crypto::sha256(message.text));
}

}  // namespace

std::string Message::text_for(std::string_view protocol) const {
  if (!is_structured) return text;
  const Json bodies = json::parse(text).value();
  const auto own = bodies.find(protocol);
  return (own != bodies.end() && own->is_string() ? *own : bodies.at("default")).get<std::string>();
}

std::string Message::sequence_number() const { return sequence ? std::to_string(kFirstSequence + *sequence) : ""; }

/// The text comes last, as it is: to escape it may make it six times as long.
std::string encode(const Message& message) {
  Json head{{"id", message.id}, {"topic", message.topic.arn()}, {"time", message.time.time_since_epoch().count()}};
  if (message.subject) head["subject"] = *message.subject;
  if (!message.attributes.empty()) head["attributes"] = message.attributes;
  if (message.is_structured) head["structured"] = true;
  if (!message.group.empty()) head["group"] = message.group;
  if (!message.deduplication.empty()) head["deduplication"] = message.deduplication;
  if (message.sequence) head["sequence"] = *message.sequence;
  if (!message.sealed_key.empty()) head["key"] = message.sealed_key;
  return json::dump(head) + "\n" + message.text;
}

Message decode_message(std::string_view document) {
  const size_t end = document.find('\n');
  const Json head = json::parse(document.substr(0, end)).value();  // we wrote it
  Message message;
  message.id = head.at("id").get<std::string>();
  message.topic = parse_topic_arn(head.at("topic").get<std::string>(), "TopicArn");
  message.time = Time(std::chrono::milliseconds(head.at("time").get<int64_t>()));
  if (const auto subject = head.find("subject"); subject != head.end()) message.subject = subject->get<std::string>();
  message.attributes = head.value("attributes", Json::object());
  message.is_structured = head.value("structured", false);
  message.group = head.value("group", "");
  message.deduplication = head.value("deduplication", "");
  if (const auto sequence = head.find("sequence"); sequence != head.end()) message.sequence = sequence->get<uint64_t>();
  message.sealed_key = head.value("key", "");
  message.text = document.substr(end + 1);
  return message;
}

size_t size_of(const Message& message) {
  size_t bytes = message.text.size();
  for (const auto& [name, attribute] : message.attributes.items()) {
    bytes += name.size() + attribute.value("DataType", "").size() + attribute.value("StringValue", "").size();
    bytes += attribute.value("BinaryValue", "").size() / 4 * 3;
  }
  return bytes;
}

Message take_message(const Json& in, const Topic& topic) {
  Message message;
  message.topic = topic;
  message.text = in.value("Message", "");
  if (message.text.empty()) throw invalid("Empty message");
  message.attributes = in.value("MessageAttributes", Json::object());
  for (const auto& [name, attribute] : message.attributes.items()) check_attribute(name, attribute);
  if (size_of(message) > kMessageBytesMax) throw invalid("Message too long");
  if (const auto subject = in.find("Subject"); subject != in.end() && subject->is_string()) {
    message.subject = subject->get<std::string>();
    check_subject(*message.subject);
  }
  if (const std::string structure = in.value("MessageStructure", ""); structure == "json") {
    check_structure(message.text);
    message.is_structured = true;
  } else if (!structure.empty()) {
    throw invalid("MessageStructure");
  }
  take_fifo_ids(in, topic, message);
  return message;
}

}  // namespace cairn::sns

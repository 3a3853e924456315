#include "services/sqs/draft.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"
#include "services/sqs/errors.h"

namespace cairn::sqs {
namespace {

constexpr size_t kAttributesMax = 10, kNameBytesMax = 256, kFifoIdBytesMax = 128;
constexpr int64_t kDelayMax = 900;
constexpr std::string_view kTraceHeader = "AWSTraceHeader";
constexpr std::string_view kNotOfThisQueue = "The request include parameter that is not valid for this queue type.";

/// XML 1.0's characters.
bool is_allowed(char32_t c) {
  return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

/// The first character of valid UTF-8 that is not allowed; 0x10FFFF + 1: none.
constexpr char32_t kNone = 0x110000;
char32_t first_not_allowed(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t c = length == 1 ? lead : lead & (0x7F >> length);
    for (size_t k = 1; k < length && i + k < text.size(); ++k) c = c << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3F);
    if (!is_allowed(c)) return c;
    i += length;
  }
  return kNone;
}

void check_characters(std::string_view text) {
  if (const char32_t c = first_not_allowed(text); c != kNone)
    throw Error(kInvalidMessageContents,
                "Invalid binary character '#x{:X}' was found in the message body, the set of allowed characters is #x9 | #xA | #xD | #x20 "
                "to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
                static_cast<uint32_t>(c));
}

bool is_attribute_name(std::string_view name) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
  const std::string lower = text::lower(name);
  return !name.empty() && name.size() <= kNameBytesMax && std::ranges::all_of(name, fits) && !lower.starts_with("aws.") &&
         !lower.starts_with("amazon.") && name.front() != '.' && name.back() != '.' && name.find("..") == std::string_view::npos;
}

bool is_number(std::string_view text) {
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) ++digits;
    else if (c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E') return false;
  }
  return digits > 0;
}

/// AWS's "Message (user) attribute 'NAME' ...".
template <class... Args>
Error bad_attribute(std::string_view name, fmt::format_string<Args...> format, Args&&... args) {
  return Error(kInvalidParameterValue, "Message (user) attribute '{}' {}", name, fmt::format(format, std::forward<Args>(args)...));
}

MessageAttribute read_attribute(const std::string& name, const Json& given) {
  if (!is_attribute_name(name))
    throw bad_attribute(name,
                        "has an invalid name: up to {} letters, digits, hyphens, underscores and single dots, not beginning with "
                        "AWS. or Amazon.",
                        kNameBytesMax);
  MessageAttribute attribute{.type = given.at("DataType").get<std::string>(), .value = ""};
  const std::string base = attribute.type.substr(0, attribute.type.find('.'));
  if (base != "String" && base != "Number" && base != "Binary")
    throw bad_attribute(name, "has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.");
  if (given.contains("StringListValues") || given.contains("BinaryListValues"))
    throw Error(kUnsupportedOperation, "Message attribute list values in SendMessage operation are not supported.");
  const char* member = base == "Binary" ? "BinaryValue" : "StringValue";
  if (given.contains(member)) attribute.value = given.at(member).get<std::string>();
  if (base == "Binary") attribute.value = text::from_base64(attribute.value).value_or("");
  if (attribute.value.empty()) throw bad_attribute(name, "must contain a non-empty value of type '{}'.", base);
  if (base == "Number" && !is_number(attribute.value)) throw bad_attribute(name, "must contain a number.");
  if (base != "Binary") check_characters(attribute.value);
  return attribute;
}

std::string read_trace_header(const Json& parameters) {
  const auto given = parameters.find("MessageSystemAttributes");
  if (given == parameters.end() || given->empty()) return "";
  for (const auto& [name, value] : given->items()) {
    if (name != kTraceHeader) throw invalid_value(name, "MessageSystemAttributes", "Unknown message system attribute.");
    if (value.at("DataType") != "String" || value.value("StringValue", "").empty())
      throw Error(kInvalidParameterValue, "Message (system) attribute '{}' must contain a non-empty value of type 'String'.", name);
  }
  return (*given)[std::string(kTraceHeader)].at("StringValue").get<std::string>();
}

/// Punctuation as AWS lists it for these ids: all of ASCII's.
bool is_fifo_id(std::string_view id) {
  const auto fits = [](unsigned char c) { return c > ' ' && c < 0x7F; };
  return !id.empty() && id.size() <= kFifoIdBytesMax && std::ranges::all_of(id, fits);
}

void check_fifo_id(const Json& parameters, const char* name) {
  const auto given = parameters.find(name);
  if (given == parameters.end()) return;
  if (const std::string id = given->get<std::string>(); !is_fifo_id(id))
    throw invalid_value(id, name, fmt::format("{} can only include alphanumeric and punctuation characters. 1 to 128 in length.", name));
}

}  // namespace

size_t size_of(const Json& parameters) {
  size_t bytes = parameters.at("MessageBody").get_ref<const std::string&>().size();
  const auto attributes = parameters.find("MessageAttributes");
  if (attributes == parameters.end()) return bytes;
  for (const auto& [name, attribute] : attributes->items()) {
    bytes += name.size() + attribute.value("DataType", "").size() + attribute.value("StringValue", "").size();
    if (attribute.contains("BinaryValue")) bytes += text::from_base64(attribute.at("BinaryValue").get<std::string>()).value_or("").size();
  }
  return bytes;
}

void check_fifo_parameters(const Queue& queue, const Json& parameters, const aws::ErrorKind& missing) {
  check_fifo_id(parameters, "MessageGroupId");
  check_fifo_id(parameters, "MessageDeduplicationId");
  if (!queue.is_fifo()) {
    if (parameters.contains("MessageDeduplicationId"))
      throw invalid_value(parameters["MessageDeduplicationId"].get<std::string>(), "MessageDeduplicationId", kNotOfThisQueue);
    return;
  }
  if (!parameters.contains("MessageGroupId")) throw Error(missing, "The request must contain the parameter MessageGroupId.");
  if (!parameters.contains("MessageDeduplicationId") && queue.attribute("ContentBasedDeduplication") != "true")
    throw Error(kInvalidParameterValue,
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
}

Draft read_draft(const api::Call& call, const Queue& queue, const Json& parameters) {
  Draft draft;
  Content& content = draft.content;
  content.body = parameters.at("MessageBody").get<std::string>();
  if (content.body.empty()) throw Error(kMissingParameter, "The request must contain the parameter MessageBody.");
  if (const auto most = static_cast<size_t>(queue.number("MaximumMessageSize")); size_of(parameters) > most)
    throw Error(kInvalidParameterValue, "One or more parameters are invalid. Reason: Message must be shorter than {} bytes.", most);
  check_characters(content.body);
  if (const auto given = parameters.find("MessageAttributes"); given != parameters.end()) {
    if (given->size() > kAttributesMax)
      throw Error(kInvalidParameterValue, "Number of message attributes [{}] exceeds the allowed maximum [{}].", given->size(),
                  kAttributesMax);
    for (const auto& [name, attribute] : given->items()) content.attributes[name] = read_attribute(name, attribute);
  }
  content.trace_header = read_trace_header(parameters);
  content.group = parameters.value("MessageGroupId", "");
  if (queue.is_fifo())
    content.deduplication = parameters.contains("MessageDeduplicationId") ? parameters["MessageDeduplicationId"].get<std::string>()
                                                                          : text::hex(crypto::sha256(content.body));
  const aws::Principal& sender = call.principal;
  content.sender = sender.kind == aws::Principal::Kind::kService ? sender.user_name : sender.principal_id;

  draft.delay = std::chrono::seconds(queue.number("DelaySeconds"));
  if (const auto given = parameters.find("DelaySeconds"); given != parameters.end()) {
    const auto seconds = given->get<int64_t>();
    if (seconds < 0 || seconds > kDelayMax)
      throw invalid_value(seconds, "DelaySeconds", fmt::format("DelaySeconds must be >= 0 and <= {}.", kDelayMax));
    if (queue.is_fifo() && seconds != 0) throw invalid_value(seconds, "DelaySeconds", kNotOfThisQueue);
    if (!queue.is_fifo()) draft.delay = std::chrono::seconds(seconds);
  }
  return draft;
}

}  // namespace cairn::sqs

#include "aws/event_stream.h"

#include <cstdint>

#include "base/check.h"
#include "base/crc.h"

namespace cairn::aws::event_stream {
namespace {

constexpr char kText = 7;             // the type of a header's value
constexpr size_t kFramingBytes = 16;  // two lengths, two checksums

void append_number(std::string& out, uint64_t value, size_t bytes) {
  for (size_t i = bytes; i-- > 0;) out += static_cast<char>((value >> (8 * i)) & 0xFF);
}

std::string json_message(std::string_view kind, std::string_view type_header, std::string_view type, std::string_view json) {
  return message({{":message-type", kind}, {type_header, type}, {":content-type", "application/json"}}, json);
}

}  // namespace

std::string message(const std::vector<std::pair<std::string_view, std::string_view>>& headers, std::string_view payload) {
  std::string encoded;
  for (const auto& [name, value] : headers) {
    CHECK(name.size() <= 0xFF && value.size() <= 0x7FFF);
    append_number(encoded, name.size(), 1);
    encoded += name;
    encoded += kText;
    append_number(encoded, value.size(), 2);
    encoded += value;
  }
  std::string out;
  out.reserve(kFramingBytes + encoded.size() + payload.size());
  append_number(out, kFramingBytes + encoded.size() + payload.size(), 4);
  append_number(out, encoded.size(), 4);
  append_number(out, crc::crc32(out), 4);
  out += encoded;
  out += payload;
  append_number(out, crc::crc32(out), 4);
  return out;
}

std::string event(std::string_view type, std::string_view json) { return json_message("event", ":event-type", type, json); }

std::string exception(std::string_view type, std::string_view json) { return json_message("exception", ":exception-type", type, json); }

}  // namespace cairn::aws::event_stream

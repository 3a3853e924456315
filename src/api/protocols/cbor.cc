#include <bit>
#include <cmath>

#include "api/protocols/protocols.h"
#include "api/protocols/scalar.h"
#include "base/text.h"

/// Smithy's rpcv2Cbor. Requests are turned into JSON text and read like JSON; answers are written from the shapes.
namespace cairn::api {
namespace {

using aws::Member;
using aws::Shape;
using aws::Type;

enum Major : uint8_t { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };
constexpr uint8_t kIndefinite = 31;
constexpr uint8_t kBreak = 0xff;
constexpr uint64_t kTagEpoch = 1;

[[noreturn]] void refuse() { throw aws::Error(aws::kSerialization, ""); }

/// CBOR to JSON text: byte strings become base64, epoch timestamps their number.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::string to_json() {
    value(0);
    if (!rest_.empty()) refuse();
    return std::move(out_);
  }

 private:
  uint8_t byte() {
    if (rest_.empty()) refuse();
    const auto value = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  uint64_t big_endian(int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | byte();
    return value;
  }

  uint64_t argument(uint8_t info) {
    if (info < 24) return info;
    if (info > 27) refuse();
    return big_endian(1 << (info - 24));
  }

  std::string_view take(uint64_t size) {
    if (size > rest_.size()) refuse();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  bool at_break() {
    if (rest_.empty()) refuse();
    if (static_cast<uint8_t>(rest_.front()) != kBreak) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// A byte or text string, whole or in chunks.
  std::string string(uint8_t major, uint8_t info) {
    if (info != kIndefinite) return std::string(take(argument(info)));
    std::string joined;
    while (!at_break()) {
      const uint8_t head = byte();
      if (head >> 5 != major || (head & 31) == kIndefinite) refuse();
      joined += take(argument(head & 31));
    }
    return joined;
  }

  /// Calls `one` for each element of an array or map.
  template <class F>
  void each(uint8_t info, F&& one) {
    if (info == kIndefinite) {
      for (bool first = true; !at_break(); first = false) one(first);
      return;
    }
    const uint64_t count = argument(info);
    if (count > rest_.size()) refuse();  // each element takes a byte at least
    for (uint64_t i = 0; i < count; ++i) one(i == 0);
  }

  void number(double value) {
    if (!std::isfinite(value)) refuse();
    out_ += json::dump(value);
  }

  void value(int depth) {
    if (depth > json::kDepthMax) refuse();
    const uint8_t head = byte();
    const uint8_t info = head & 31;
    switch (head >> 5) {
      case kUnsigned:
        out_ += std::to_string(argument(info));
        return;
      case kNegative: {
        const uint64_t magnitude = argument(info);
        if (magnitude > INT64_MAX) refuse();
        out_ += std::to_string(-1 - static_cast<int64_t>(magnitude));
        return;
      }
      case kBytes:
        json::append_quoted(out_, text::base64(string(kBytes, info)));
        return;
      case kText:
        json::append_quoted(out_, string(kText, info));
        return;
      case kArray:
        out_ += '[';
        each(info, [&](bool first) {
          if (!first) out_ += ',';
          value(depth + 1);
        });
        out_ += ']';
        return;
      case kMap:
        out_ += '{';
        each(info, [&](bool first) {
          if (!first) out_ += ',';
          const uint8_t key = byte();
          if (key >> 5 != kText) refuse();
          json::append_quoted(out_, string(kText, key & 31));
          out_ += ':';
          value(depth + 1);
        });
        out_ += '}';
        return;
      case kTag:
        argument(info);
        value(depth + 1);
        return;
      default:
        simple(info);
    }
  }

  void simple(uint8_t info) {
    switch (info) {
      case 20:
        out_ += "false";
        return;
      case 21:
        out_ += "true";
        return;
      case 22:
      case 23:
        out_ += "null";
        return;  // null, undefined
      case 25:
        number(half(static_cast<uint16_t>(big_endian(2))));
        return;
      case 26:
        number(std::bit_cast<float>(static_cast<uint32_t>(big_endian(4))));
        return;
      case 27:
        number(std::bit_cast<double>(big_endian(8)));
        return;
      default:
        refuse();
    }
  }

  static double half(uint16_t bits) {
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double value = 0;
    if (exponent == 0) value = std::ldexp(mantissa, -24);
    else if (exponent != 31) value = std::ldexp(mantissa + 1024, exponent - 25);
    else value = HUGE_VAL;
    return (bits & 0x8000) != 0 ? -value : value;
  }

  std::string_view rest_;
  std::string out_;
};

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void head(uint8_t major, uint64_t argument) {
    const auto put = [&](uint8_t info, int bytes) {
      out_ += static_cast<char>(major << 5 | info);
      for (int i = bytes - 1; i >= 0; --i) out_ += static_cast<char>(argument >> (8 * i) & 255);
    };
    if (argument < 24) put(static_cast<uint8_t>(argument), 0);
    else if (argument <= UINT8_MAX) put(24, 1);
    else if (argument <= UINT16_MAX) put(25, 2);
    else if (argument <= UINT32_MAX) put(26, 4);
    else put(27, 8);
  }
  void text(std::string_view text) {
    head(kText, text.size());
    out_ += text;
  }
  void bytes(std::string_view bytes) {
    head(kBytes, bytes.size());
    out_ += bytes;
  }
  void integer(int64_t value) {
    if (value >= 0) head(kUnsigned, static_cast<uint64_t>(value));
    else head(kNegative, static_cast<uint64_t>(-1 - value));
  }
  void number(double value) {
    const uint64_t bits = std::bit_cast<uint64_t>(value);
    out_ += static_cast<char>(kSimple << 5 | 27);
    for (int i = 7; i >= 0; --i) out_ += static_cast<char>(bits >> (8 * i) & 255);
  }

  void structure(const Shape& shape, const Json& value) {
    uint64_t count = 0;
    for (const Member& member : shape.members) count += present(value, member) ? 1 : 0;
    head(kMap, count);
    for (const Member& member : shape.members) {
      if (!present(value, member)) continue;
      text(member.location_name);
      write(*member.shape, value[member.name]);
    }
  }

 private:
  static bool present(const Json& value, const Member& member) {
    auto it = value.find(member.name);
    return it != value.end() && !it->is_null();
  }

  void write(const Shape& shape, const Json& value) {
    if (shape.type == Type::kStructure) {
      structure(shape, value);
    } else if (shape.type == Type::kList) {
      head(kArray, value.size());
      for (const Json& one : value) write(*shape.element.shape, one);
    } else if (shape.type == Type::kMap) {
      head(kMap, value.size());
      for (const auto& [key, one] : value.items()) {
        text(key);
        write(*shape.element.shape, one);
      }
    } else if (shape.type == Type::kTimestamp) {
      const int64_t millis = time_of(value).value_or(Time()).time_since_epoch().count();
      head(kTag, kTagEpoch);
      if (millis % 1000 == 0) integer(millis / 1000);
      else number(static_cast<double>(millis) / 1000);
    } else if (shape.type == Type::kBlob) {
      bytes(text::from_base64(value.get<std::string>()).value_or(""));
    } else if (value.is_boolean()) {
      out_ += static_cast<char>(kSimple << 5 | (value.get<bool>() ? 21 : 20));
    } else if (value.is_number() && (shape.type == Type::kDouble || shape.type == Type::kFloat)) {
      number(value.get<double>());
    } else if (value.is_number()) {
      integer(value.get<int64_t>());
    } else {
      text(value.is_string() ? value.get_ref<const std::string&>() : std::string());
    }
  }

  std::string& out_;
};

}  // namespace

Json decode_cbor(const aws::OperationModel& operation, const WireRequest& request) {
  if (operation.input == nullptr) return Json::object();  // such requests have no body
  return json_document(*operation.input, Reader(request.body).to_json());
}

WireResponse encode_cbor(const aws::OperationModel& operation, const Json& out) {
  WireResponse response{.status = operation.status};
  response.headers.emplace_back("Content-Type", "application/cbor");
  response.headers.emplace_back("smithy-protocol", "rpc-v2-cbor");
  Writer writer(response.body);
  if (operation.output != nullptr) writer.structure(*operation.output, out);
  else writer.head(kMap, 0);
  return response;
}

std::string cbor_texts(const std::vector<std::pair<std::string_view, std::string_view>>& members) {
  std::string body;
  Writer writer(body);
  writer.head(kMap, members.size());
  for (const auto& [name, value] : members) {
    writer.text(name);
    writer.text(value);
  }
  return body;
}

}  // namespace cairn::api

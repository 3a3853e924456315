#include "base/json_cursor.h"

#include <bit>
#include <cstring>

#include "base/json.h"
#include "base/utf8.h"

namespace cairn::json {
namespace {

constexpr uint64_t kEach = 0x0101010101010101u, kHigh = 0x8080808080808080u;

/// The high bit of each byte that is zero; above the first such byte there may be more.
constexpr uint64_t zero_bytes(uint64_t v) { return (v - kEach) & ~v & kHigh; }

/// The first byte of [at, end) that a string cannot hold as it is: a quote, a backslash or a control character.
const char* string_stop(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    for (; end - at >= 8; at += 8) {
      uint64_t v;
      std::memcpy(&v, at, 8);
      const uint64_t control = (v - kEach * 0x20) & ~v & kHigh;
      if (const uint64_t stops = control | zero_bytes(v ^ kEach * '"') | zero_bytes(v ^ kEach * '\\'))
        return at + (std::countr_zero(stops) >> 3);
    }
  }
  while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
  return at;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The four hexadecimal digits at `at`, which are there and are such.
uint32_t hex4(const char* at) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value * 16 + static_cast<uint32_t>(hex_value(at[i]));
  return value;
}

void append_code_point(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

}  // namespace

std::string Cursor::Text::decoded() const {
  std::string out;
  append_to(out);
  return out;
}

void Cursor::Text::append_to(std::string& out) const {
  if (!escaped) {
    out += raw;
    return;
  }
  for (const char *at = raw.data(), *end = at + raw.size(); at != end;) {
    if (*at != '\\') {
      out += *at++;
      continue;
    }
    switch (at[1]) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        uint32_t c = hex4(at + 2);
        at += 6;
        if (c >= 0xD800 && c < 0xDC00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
          const uint32_t low = hex4(at + 2);
          if (low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            at += 6;
          }
        }
        if (c >= 0xD800 && c < 0xE000) out += utf8::kReplacement;
        else append_code_point(out, c);
        continue;
      }
      default:
        out += at[1];
    }
    at += 2;
  }
}

Cursor::Kind Cursor::peek() {
  blanks();
  if (at_ == end_) return Kind::kNone;
  switch (*at_) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case '"':
      return Kind::kString;
    case 't':
      return Kind::kTrue;
    case 'f':
      return Kind::kFalse;
    case 'n':
      return Kind::kNull;
    default:
      return *at_ == '-' || is_digit(*at_) ? Kind::kNumber : Kind::kNone;
  }
}

bool Cursor::take_string(Text& out) {
  const char* begin = ++at_;
  bool escaped = false;
  while (true) {
    at_ = string_stop(at_, end_);
    if (at_ == end_) return fail(Error::kEnd);
    if (*at_ == '"') break;
    if (*at_ != '\\') return fail(Error::kBadString);
    escaped = true;
    if (++at_ == end_) return fail(Error::kEnd);
    if (*at_ == 'u') {
      for (int i = 0; i < 4; ++i)
        if (++at_ == end_ || hex_value(*at_) < 0) return fail(Error::kBadString);
    } else if (std::strchr("\"\\/bfnrt", *at_) == nullptr || *at_ == '\0') {
      return fail(Error::kBadString);
    }
    ++at_;
  }
  out = {{begin, static_cast<size_t>(at_ - begin)}, escaped};
  ++at_;
  return true;
}

bool Cursor::take_number(std::string_view& out) {
  const char* begin = at_;
  const auto digits = [this] {
    const char* first = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != first;
  };
  if (*at_ == '-') ++at_;
  if (at_ != end_ && *at_ == '0') ++at_;
  else if (!digits()) return fail(Error::kBadNumber);
  if (at_ != end_ && *at_ == '.') {
    ++at_;
    if (!digits()) return fail(Error::kBadNumber);
  }
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits()) return fail(Error::kBadNumber);
  }
  out = {begin, static_cast<size_t>(at_ - begin)};
  return true;
}

bool Cursor::take_word() {
  const std::string_view word = *at_ == 't' ? "true" : *at_ == 'f' ? "false" : "null";
  const std::string_view rest(at_, static_cast<size_t>(end_ - at_));
  if (!rest.starts_with(word)) return fail(Error::kUnknownWord);
  at_ += word.size();
  return true;
}

bool Cursor::take_scalar() {
  Text text;
  std::string_view number;
  switch (peek()) {
    case Kind::kString:
      return take_string(text);
    case Kind::kNumber:
      return take_number(number);
    case Kind::kTrue:
    case Kind::kFalse:
    case Kind::kNull:
      return take_word();
    default:
      return fail(at_ != end_ && std::strchr("{}[]:,", *at_) == nullptr ? Error::kUnknownWord : Error::kNoValue);
  }
}

bool Cursor::skip() {
  uint64_t objects = 0;  // one bit for each open bracket, the innermost lowest: whether it is an object's
  static_assert(kDepthMax <= 64);
  const int outer = depth_;
  bool named = false;  // a member's name was taken, its value comes now
  while (true) {
    const Kind kind = peek();
    if (kind == Kind::kObject || kind == Kind::kArray) {
      if (!enter(*at_)) return false;
      objects = objects << 1 | (kind == Kind::kObject);
    } else if (!take_scalar()) {
      return false;
    }
    named = false;
    while (!named) {  // to the next value, up through as many ends as come
      if (depth_ == outer) return true;
      Text name;
      if ((objects & 1) != 0 ? next_member(name) : next_element()) {
        named = true;
      } else {
        if (failed()) return false;
        objects >>= 1;
      }
    }
  }
}

bool Cursor::enter(char bracket) {
  blanks();
  if (at_ == end_ || *at_ != bracket) return fail(Error::kNoValue);
  if (depth_ == kDepthMax) return fail(Error::kTooDeep);
  ++at_;
  ++depth_;
  fresh_ = true;
  return true;
}

bool Cursor::leave() {
  ++at_;
  --depth_;
  fresh_ = false;
  return false;
}

bool Cursor::take_name(Text& name) {
  blanks();
  if (at_ == end_ || *at_ != '"') return fail(Error::kNoName);
  if (!take_string(name)) return false;
  blanks();
  if (at_ == end_ || *at_ != ':') return fail(Error::kNoColon);
  ++at_;
  return true;
}

bool Cursor::next_member(Text& name) {
  blanks();
  if (at_ == end_) return fail(Error::kEnd);
  if (*at_ == '}') return leave();
  if (!fresh_) {
    if (*at_ != ',') return fail(Error::kNoComma);
    ++at_;
  }
  fresh_ = false;
  return take_name(name);
}

bool Cursor::next_element() {
  blanks();
  if (at_ == end_) return fail(Error::kEnd);
  if (*at_ == ']') return leave();
  if (!fresh_) {
    if (*at_ != ',') return fail(Error::kNoComma);
    ++at_;
  }
  fresh_ = false;
  return true;
}

bool Cursor::at_end() {
  blanks();
  return at_ == end_;
}

}  // namespace cairn::json

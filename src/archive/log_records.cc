#include "archive/log_records.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace cairn::archive {
namespace {

constexpr size_t kStride = 64;

/// Which of 64 bytes are what.
struct Masks {
  uint64_t quotes = 0, backslashes = 0, opening = 0, closing = 0, line_ends = 0;
};

#if defined(__SSE2__)
Masks masks_of(const char* p) {
  Masks masks;
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), line_end = _mm_set1_epi8('\n');
  // [ and {, ] and } differ in one bit.
  const __m128i bit = _mm_set1_epi8(0x20), opening = _mm_set1_epi8('{'), closing = _mm_set1_epi8('}');
  for (int i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
    const __m128i folded = _mm_or_si128(bytes, bit);
    const auto mask = [i](__m128i equal) { return static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(equal))) << (16 * i); };
    masks.quotes |= mask(_mm_cmpeq_epi8(bytes, quote));
    masks.backslashes |= mask(_mm_cmpeq_epi8(bytes, backslash));
    masks.line_ends |= mask(_mm_cmpeq_epi8(bytes, line_end));
    masks.opening |= mask(_mm_cmpeq_epi8(folded, opening));
    masks.closing |= mask(_mm_cmpeq_epi8(folded, closing));
  }
  return masks;
}
#else
Masks masks_of(const char* p) {
  Masks masks;
  for (size_t i = 0; i < kStride; ++i) {
    const uint64_t bit = uint64_t{1} << i;
    if (p[i] == '"') masks.quotes |= bit;
    if (p[i] == '\\') masks.backslashes |= bit;
    if (p[i] == '\n') masks.line_ends |= bit;
    if (p[i] == '{' || p[i] == '[') masks.opening |= bit;
    if (p[i] == '}' || p[i] == ']') masks.closing |= bit;
  }
  return masks;
}
#endif

/// From each bit on up to the next one: inside of strings, of the bits of their quotes.
uint64_t prefix_xor(uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

/// What is escaped by a backslash before it. `carried`: the first byte is; afterwards that of the next 64.
uint64_t escaped_of(uint64_t backslashes, bool& carried) {
  uint64_t escaped = carried ? 1 : 0;
  backslashes &= ~escaped;
  carried = false;
  while (backslashes != 0) {
    const int at = std::countr_zero(backslashes);
    backslashes &= backslashes - 1;
    if (at == 63) {
      carried = true;
      break;
    }
    const uint64_t next = uint64_t{1} << (at + 1);
    escaped |= next;
    backslashes &= ~next;
  }
  return escaped;
}

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

ValueEnd end_of_value(std::string_view text, size_t begin) {
  int64_t depth = 0;
  bool carried = false;
  uint64_t inside = 0;  // all ones: the last byte before was
  char last[kStride];
  for (size_t at = begin; at < text.size(); at += kStride) {
    const char* p = text.data() + at;
    if (text.size() - at < kStride) {
      std::memset(last, ' ', kStride);
      std::memcpy(last, p, text.size() - at);
      p = last;
    }
    const Masks masks = masks_of(p);
    const uint64_t quotes = masks.quotes & ~escaped_of(masks.backslashes, carried);
    const uint64_t in_strings = prefix_xor(quotes) ^ inside;
    inside = static_cast<uint64_t>(static_cast<int64_t>(in_strings) >> 63);
    const uint64_t opening = masks.opening & ~in_strings;
    const uint64_t broken = masks.line_ends & in_strings;  // no string goes over a line's end: what began it is damaged
    for (uint64_t brackets = opening | (masks.closing & ~in_strings); brackets != 0; brackets &= brackets - 1) {
      const int bit = std::countr_zero(brackets);
      if (broken != 0 && std::countr_zero(broken) < bit) return {ValueEnd::kBroken, begin};
      depth += (opening >> bit & 1) != 0 ? 1 : -1;
      if (depth <= 0) return {ValueEnd::kFound, at + static_cast<size_t>(bit) + 1};
    }
    if (broken != 0) return {ValueEnd::kBroken, begin};
  }
  return {ValueEnd::kCut, begin};
}

LogRecords::LogRecords(std::string_view text, bool is_whole) : text_(text), is_whole_(is_whole) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // a byte order mark
}

void LogRecords::go_on(std::string_view text, bool is_whole) {
  text_ = text;
  is_whole_ = is_whole;
  at_ = 0;
}

void LogRecords::skip_blanks() {
  while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
}

/// {"Records":[
bool LogRecords::enter_list() {
  size_t at = at_;
  for (std::string_view token : {"{", "\"Records\"", ":", "["}) {
    while (at < text_.size() && is_blank(text_[at])) ++at;
    if (!text_.substr(at).starts_with(token)) return false;
    at += token.size();
  }
  at_ = at;
  return true;
}

/// What follows in the same line is lost with it.
LogRecords::Item LogRecords::fail(size_t offset, std::string_view problem) {
  is_in_list_ = false;
  const size_t line_end = text_.find('\n', offset);
  if (line_end == std::string_view::npos) ran_out_ = true;
  at_ = std::min(line_end, text_.size());
  return {.record = {}, .problem = problem, .number = ++number_, .offset = offset};
}

/// The text's end is where more would be needed.
LogRecords::Item LogRecords::run_out(size_t offset, std::string_view problem) {
  ran_out_ = true;
  return fail(offset, problem);
}

LogRecords::Item LogRecords::take_value() {
  const size_t begin = at_;
  if (text_[begin] != '{') return fail(begin, "no JSON object begins here");
  const ValueEnd end = end_of_value(text_, begin);
  if (end.kind == ValueEnd::kCut) return run_out(begin, "the object that begins here has no end");
  if (end.kind == ValueEnd::kBroken) return fail(begin, "the object that begins here has no end");
  at_ = end.at;
  return {.record = text_.substr(begin, end.at - begin), .problem = {}, .number = ++number_, .offset = begin};
}

/// Behind the list's ]. Further members of the document are passed over.
bool LogRecords::leave_list() {
  is_in_list_ = false;
  int64_t depth = 1;
  bool in_string = false;
  for (; at_ < text_.size() && depth > 0; ++at_) {
    const char c = text_[at_];
    if (in_string) {
      if (c == '\\') ++at_;
      else if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  at_ = std::min(at_, text_.size());
  return depth == 0;
}

std::optional<LogRecords::Item> LogRecords::next() {
  const LogRecords before = *this;
  std::optional<Item> item = find();
  if (!is_whole_ && ran_out_) {
    *this = before;
    return std::nullopt;
  }
  return item;
}

std::optional<LogRecords::Item> LogRecords::find() {
  while (true) {
    skip_blanks();
    if (at_ == text_.size()) {
      if (!is_in_list_) return std::nullopt;
      return run_out(at_, "the list of records has no end");
    }
    const char c = text_[at_];
    if (!is_in_list_) {
      if (enter_list()) {
        is_in_list_ = is_first_ = true;
        is_bare_ = false;
      } else if (c == '[') {
        ++at_;
        is_in_list_ = is_first_ = is_bare_ = true;
      } else if (c == ',' && number_ > 0) {  // between documents
        ++at_;
      } else {
        return take_value();
      }
    } else if (c == ']') {
      const size_t begin = at_++;
      if (is_bare_) is_in_list_ = false;
      else if (!leave_list()) return run_out(begin, "the document with the records has no end");
    } else if (c == ',' && !is_first_) {
      ++at_;
      is_first_ = true;
    } else if (!is_first_) {
      return fail(at_, "a comma or the list's end is missing");
    } else {
      is_first_ = false;
      return take_value();
    }
  }
}

size_t LogRecords::line_of(size_t offset) const { return 1 + static_cast<size_t>(std::ranges::count(text_.substr(0, offset), '\n')); }

}  // namespace cairn::archive

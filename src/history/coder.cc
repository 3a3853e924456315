#include "history/coder.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <array>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "history/short_text.h"
#include "segment/block.h"

namespace cairn::history {

using segment::put_varint;

namespace {

constexpr uint32_t kHexDigitsMin = 16;

uint64_t read64(const char* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

/// Of this process's memory only: never on disk.
uint64_t hash_of(Word::Kind kind, std::string_view s) {
  const auto fold = [](uint64_t a, uint64_t b) {
    const __uint128_t product = static_cast<__uint128_t>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  constexpr uint64_t kFirst = 0xa0761d6478bd642f, kSecond = 0xe7037ed1a0b428db;
  const char* p = s.data();
  size_t n = s.size();
  uint64_t h = (s.size() + 1) * 0x9e3779b97f4a7c15 + static_cast<uint64_t>(kind) * 0xd6e8feb86659fd93, g = ~h;
  for (; n >= 32; n -= 32, p += 32) {  // two that need not wait for each other
    h = fold(read64(p) ^ kFirst, read64(p + 8) ^ h);
    g = fold(read64(p + 16) ^ kSecond, read64(p + 24) ^ g);
  }
  h ^= g;
  for (; n >= 8; n -= 8, p += 8) h = fold(read64(p) ^ kFirst, h ^ kSecond);
  return fold(read_short(p, n) ^ kSecond, h ^ kFirst);
}

/// What tables are kept by: that two texts have the same one is rare, and costs the later a place in the dictionary.
uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

constexpr std::array<int8_t, 256> kHexValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 16; ++i) values[static_cast<uint8_t>("0123456789abcdef"[i])] = static_cast<int8_t>(i);
  return values;
}();
int hex_value(char c) { return kHexValues[static_cast<uint8_t>(c)]; }

/// Packs hex digits; false: there is something else.
bool pack_hex(std::string_view digits, std::string& out) {
  char bytes[kHexDigitsMax / 2];
  int all = 0;
  for (size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_value(digits[i]), low = i + 1 < digits.size() ? hex_value(digits[i + 1]) : 0;
    all |= high | low;
    bytes[i / 2] = static_cast<char>(high << 4 | low);
    if (i == 0 && all < 0) return false;
  }
  if (all < 0) return false;
  out.append(bytes, (digits.size() + 1) / 2);
  return true;
}

constexpr std::array<std::array<char, 2>, 256> kHexPairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  for (size_t i = 0; i < 256; ++i) pairs[i] = {"0123456789abcdef"[i >> 4], "0123456789abcdef"[i & 15]};
  return pairs;
}();

/// Puts two digits for each of `bytes`; returns where they end.
char* unpack_hex(std::string_view bytes, char* to) {
  for (const char c : bytes) {
    const std::array<char, 2>& pair = kHexPairs[static_cast<uint8_t>(c)];
    *to++ = pair[0];
    *to++ = pair[1];
  }
  return to;
}

bool pack_uuid(std::string_view s, std::string& out) {
  if (s.size() != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-') return false;
  char digits[32];
  std::memcpy(digits, s.data(), 8);
  std::memcpy(digits + 8, s.data() + 9, 4);
  std::memcpy(digits + 12, s.data() + 14, 4);
  std::memcpy(digits + 16, s.data() + 19, 4);
  std::memcpy(digits + 20, s.data() + 24, 12);
  return pack_hex({digits, 32}, out);
}

/// Whether it has the length of an identifier or a time: those are seldom met again.
bool may_be_noise(std::string_view s) { return (s.size() == 36 && s[8] == '-') || (s.size() == 20 && s[19] == 'Z' && s[10] == 'T'); }

// Days since 1970 and back (proleptic Gregorian), by the usual shift of the year to March.
int64_t days_of(int64_t y, unsigned m, unsigned d) {
  y -= m <= 2;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  return era * 146097 + static_cast<int64_t>(yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

constexpr size_t kTimeBytes = 20;

void put_time(char* text, int64_t seconds) {
  const int64_t z = seconds / 86400 + 719468;
  const int64_t era = z / 146097;
  const auto doe = static_cast<unsigned>(z - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned d = doy - (153 * mp + 2) / 5 + 1, m = mp < 10 ? mp + 3 : mp - 9;
  const auto y = static_cast<unsigned>(static_cast<int64_t>(yoe) + era * 400 + (m <= 2));
  const auto rest = static_cast<unsigned>(seconds % 86400);
  std::memcpy(text, "0000-00-00T00:00:00Z", kTimeBytes);
  const auto two = [text](size_t at, unsigned v) {
    text[at] = static_cast<char>('0' + v / 10);
    text[at + 1] = static_cast<char>('0' + v % 10);
  };
  two(0, y / 100);
  two(2, y % 100);
  two(5, m);
  two(8, d);
  two(11, rest / 3600);
  two(14, rest / 60 % 60);
  two(17, rest % 60);
}

/// Seconds since 1970 of what `put_time` would spell the same way; -1: it is none.
int64_t time_of(std::string_view s) {
  if (s.size() != kTimeBytes || s[19] != 'Z' || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':') return -1;
  bool digits = true;
  const auto two = [&](size_t at) {
    const auto a = static_cast<unsigned>(s[at] - '0'), b = static_cast<unsigned>(s[at + 1] - '0');
    digits = digits && a < 10 && b < 10;
    return a * 10 + b;
  };
  const unsigned year = two(0) * 100 + two(2), month = two(5), day = two(8), hour = two(11), minute = two(14), second = two(17);
  if (!digits || year < 1970 || year > 2105 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59)
    return -1;
  const int64_t seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  if (day > 28) {  // the 31st of June is another day
    char back[kTimeBytes];
    put_time(back, seconds);
    if (std::string_view(back, kTimeBytes) != s) return -1;
  }
  return seconds;
}

uint64_t zigzag(int64_t v) { return static_cast<uint64_t>(v) << 1 ^ static_cast<uint64_t>(v >> 63); }
int64_t unzigzag(uint64_t v) { return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1); }

/// Where the first quote or backslash stands, from `at` on; or the end.
size_t string_stop(std::string_view s, size_t at) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"'), escape = _mm_set1_epi8('\\');
  const auto stops = [&](size_t from) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(s.data() + from));
    return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, escape))));
  };
  for (; at + 32 <= s.size(); at += 32)  // most strings are shorter
    if (const uint32_t found = stops(at) | stops(at + 16) << 16; found != 0) return at + static_cast<size_t>(std::countr_zero(found));
#endif
  while (at < s.size() && s[at] != '"' && s[at] != '\\') ++at;
  return at;
}

/// Where the string that begins before `at` ends: at its quote; npos: nowhere.
size_t string_end(std::string_view s, size_t at) {
  for (;; at += 2) {
    at = string_stop(s, at);
    if (at >= s.size()) return std::string_view::npos;
    if (s[at] == '"') return at;
  }
}

void put_literal(std::string& out, std::string_view text) {
  put_varint(out, kLiteral);
  put_varint(out, text.size());
  out += text;
}

bool ends_scalar(char c) { return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '"'; }

/// Says `in` in full. `noise` is empty within a phrase.
class Expansion {
 public:
  Expansion(std::string_view noise, uint32_t time, Words& words, std::string& out) : noise_(noise), time_(time), words_(words), out_(out) {}

  bool all(std::string_view body) {
    segment::Reader in(body);
    size_ = out_.size();
    out_.resize(size_ + kRoomBytes);
    const bool done = value(in, 0) && in.ok() && in.left() == 0 && noise_.empty() && size_ <= kRecordBytesMax;
    out_.resize(size_);
    return done;
  }

 private:
  static constexpr size_t kRecordBytesMax = 64 << 20;
  static constexpr size_t kRoomBytes = 2 << 10;  // most records' size

  /// Room for so many bytes more.
  char* room(size_t bytes) {
    if (out_.size() - size_ < bytes) out_.resize(std::max(out_.size() * 2, size_ + bytes));
    return out_.data() + size_;
  }
  void put(std::string_view text) {
    copy_short(room(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  std::string_view take_noise(size_t bytes) {
    const std::string_view taken = noise_.substr(0, bytes);
    noise_.remove_prefix(bytes);
    return taken;
  }

  bool value(segment::Reader& in, int depth) {
    const uint64_t token = in.varint();
    if (!in.ok() || depth > kNestingMax || size_ > kRecordBytesMax) return false;
    switch (token) {
      case kLiteral: {
        put(in.bytes(in.varint()));
        return in.ok();
      }
      case kUuid: {
        constexpr size_t kDigits = 36;
        if (noise_.size() < 16) return false;
        char* to = room(kDigits);
        for (const size_t bytes : {4, 2, 2, 2, 6}) {
          to = unpack_hex(take_noise(bytes), to);
          if (bytes != 6) *to++ = '-';
        }
        size_ += kDigits;
        return true;
      }
      case kTime: {
        const int64_t seconds = static_cast<int64_t>(time_) + unzigzag(in.varint());
        if (!in.ok() || seconds < 0 || seconds > 0xffffffffll) return false;
        put_time(room(kTimeBytes), seconds);
        size_ += kTimeBytes;
        return true;
      }
      case kHex: {
        const uint64_t digits = in.varint();
        if (!in.ok() || digits > kHexDigitsMax || noise_.size() < (digits + 1) / 2) return false;
        unpack_hex(take_noise((digits + 1) / 2), room(digits + 1));
        size_ += digits;
        return true;
      }
      default:
        break;
    }
    const uint64_t id = token - kFirstWord;
    const Word word = id <= 0xffffffff ? words_.word(static_cast<uint32_t>(id)) : Word();
    switch (word.kind) {
      case Word::kText:
        put(word.text);
        return true;
      case Word::kForm: {
        std::string_view rest = word.text;
        for (size_t slot = rest.find('\0'); slot != std::string_view::npos; slot = rest.find('\0')) {
          put(rest.substr(0, slot));
          rest.remove_prefix(slot + 1);
          if (!value(in, depth + 1)) return false;
        }
        put(rest);
        return true;
      }
      case Word::kPhrase: {
        segment::Reader within(word.text);
        const std::string_view kept = std::exchange(noise_, {});
        const bool done = value(within, depth + 1) && within.ok() && within.left() == 0;
        noise_ = kept;
        return done;
      }
      case Word::kNone:
        break;
    }
    return false;
  }

  std::string_view noise_;
  const uint32_t time_;
  Words& words_;
  std::string& out_;  // its end is room
  size_t size_ = 0;   // of what is in it
};

}  // namespace

bool expand(std::string_view body, std::string_view noise, uint32_t time, Words& words, std::string& out) {
  return Expansion(noise, time, words, out).all(body);
}

// --- reading

Result<CodedBlock> CodedBlock::open(std::string_view raw) {
  CodedBlock block;
  block.raw_ = raw;
  segment::Reader in(raw);
  const uint64_t events = in.varint();
  if (events > in.left() / 2) return failure("an event block is cut short");
  block.places_.resize(events);
  uint64_t bodies = 0, noise = 0;
  for (Place& place : block.places_) {
    place.body_bytes = static_cast<uint32_t>(in.varint());
    place.noise_bytes = static_cast<uint32_t>(in.varint());
    place.body = static_cast<uint32_t>(bodies);
    place.noise = static_cast<uint32_t>(noise);
    bodies += place.body_bytes;
    noise += place.noise_bytes;
  }
  if (!in.ok() || bodies + noise != in.left()) return failure("an event block contradicts itself");
  const auto begin = static_cast<uint32_t>(raw.size() - in.left());
  for (Place& place : block.places_) {
    place.body += begin;
    place.noise += begin + static_cast<uint32_t>(bodies);
  }
  return block;
}

bool CodedBlock::record(uint32_t place, uint32_t time, Words& words, std::string& out) const {
  out.clear();
  if (place >= places_.size()) return false;
  const Coded one = coded(place);
  return expand(one.body, one.noise, time, words, out);
}

// --- writing

Word Coder::word(uint32_t id) {
  if (id >= entries_.size()) return {};
  const Entry& entry = entries_[id];
  return {entry.kind, std::string_view(texts_).substr(entry.begin, entry.bytes)};
}

size_t Coder::bytes() const {
  return texts_.size() + entries_.size() * sizeof(Entry) + known_.size() * sizeof(Known) + met_.size() * sizeof(met_[0]) + bodies_.size() +
         noise_.size() + events_.size() * 8;
}

/// The entry of this tag, or where it belongs. Null: too many others do, by chance or on purpose; then it is no word.
Coder::Known* Coder::known(uint32_t tag) {
  constexpr size_t kProbesMax = 128;
  const size_t mask = known_.size() - 1;
  for (size_t i = tag & mask, probes = 0; probes < kProbesMax; i = (i + 1) & mask, ++probes)
    if (known_[i].id == 0 || known_[i].tag == tag) return &known_[i];
  return nullptr;
}

/// Whether a text of this hash was met before, and not too long ago. Being wrong costs an entry, no more.
bool Coder::was_met(uint64_t hash) {
  const uint32_t tag = tag_of(hash);
  uint32_t& place = met_[tag & (met_.size() - 1)];
  if (place == tag) return true;
  place = tag;
  if (++met_count_ * 2 > met_.size() && met_.size() < kMetMax) {
    std::vector<uint32_t> larger(met_.size() * 2);
    for (uint32_t one : met_) larger[one & (larger.size() - 1)] = one;
    met_ = std::move(larger);
  }
  return false;
}

uint32_t Coder::enter(uint64_t hash, Word::Kind kind, std::string_view text) {
  const auto id = static_cast<uint32_t>(entries_.size());
  entries_.push_back({static_cast<uint32_t>(texts_.size()), static_cast<uint32_t>(text.size()), kind});
  texts_ += text;
  if (entries_.size() * 3 > known_.size() * 2) {
    const std::vector<Known> before = std::exchange(known_, std::vector<Known>(known_.size() * 2));
    for (const Known& one : before)
      if (one.id != 0)
        if (Known* at = known(one.tag)) *at = one;
  }
  if (Known* at = known(tag_of(hash)))
    *at = {.tag = tag_of(hash), .id = id + 1, .begin = entries_.back().begin, .bytes = entries_.back().bytes, .kind = kind};
  return id;
}

/// Whether the text is in the dictionary now: then its token is put. A text is entered when it is met for the second time.
bool Coder::put_known(std::string& out, uint64_t hash, Word::Kind kind, std::string_view text) {
  const Known* at = known(tag_of(hash));
  if (at == nullptr) return false;
  uint32_t id = at->id - 1;
  if (at->id == 0) {
    if (!was_met(hash) || texts_.size() + text.size() > kWordsBytesMax) return false;
    id = enter(hash, kind, text);
  } else if (at->kind != kind || std::string_view(texts_).substr(at->begin, at->bytes) != text) {
    return false;  // another text of the same tag
  }
  put_varint(out, kFirstWord + id);
  return true;
}

/// The tables are larger than the processor's caches: what will be looked up soon is asked for all at once.
void Coder::look_ahead(std::string_view record, Value* first, size_t count) {
  const size_t mask = known_.size() - 1;
  for (Value* value = first; value != first + count; ++value) {
    const std::string_view text = record.substr(value->begin, value->end - value->begin);
    if (text.size() > kWordBytesMax || (!value->is_nested && may_be_noise(text))) continue;
    value->hash = hash_of(value->is_nested ? Word::kPhrase : Word::kText, text);
    __builtin_prefetch(&known_[tag_of(value->hash) & mask]);
  }
  for (Value* value = first; value != first + count; ++value) {
    if (value->hash == 0) continue;
    const uint32_t tag = tag_of(value->hash);
    const Known& at = known_[tag & mask];
    if (at.tag != tag || at.id == 0) __builtin_prefetch(&met_[tag & (met_.size() - 1)]);
    else __builtin_prefetch(texts_.data() + at.begin);
  }
}

void Coder::put_leaf(std::string& out, std::string_view text, const Value& value, bool may_be_noise) {
  if (may_be_noise) {
    if (pack_uuid(text, noise_)) return put_varint(out, kUuid);
    if (const int64_t at = time_of(text); at >= 0) {
      put_varint(out, kTime);
      return put_varint(out, zigzag(at - static_cast<int64_t>(time_)));
    }
    if (text.size() >= kHexDigitsMin && text.size() <= kHexDigitsMax && pack_hex(text, noise_)) {
      put_varint(out, kHex);
      return put_varint(out, text.size());
    }
  }
  if (text.size() <= kWordBytesMax && put_known(out, value.hash != 0 ? value.hash : hash_of(Word::kText, text), Word::kText, text)) return;
  put_literal(out, text);
}

/// Finds the members' values, and in those that are nested their leaves. It need not be strict: whatever it finds, the pieces are the
/// record's bytes. False: best left as it is.
bool Coder::scan(std::string_view s) {
  values_.clear();
  leaves_.clear();
  if (s.empty() || s[0] != '{' || s.find('\0') != std::string_view::npos) return false;  // forms have NULs for values
  int depth = 0;
  for (size_t i = 0; i < s.size();) {
    const char c = s[i];
    Value leaf{};
    switch (c) {
      case '{':
      case '[':
        if (++depth == 2)
          values_.push_back(
              {.begin = static_cast<uint32_t>(i), .end = 0, .is_nested = true, .first_leaf = static_cast<uint32_t>(leaves_.size())});
        ++i;
        continue;
      case '}':
      case ']':
        ++i;
        if (--depth == 1) {
          values_.back().end = static_cast<uint32_t>(i);
          values_.back().leaves = static_cast<uint32_t>(leaves_.size()) - values_.back().first_leaf;
        }
        if (depth == 0) return i == s.size();
        continue;
      case '"': {
        const size_t end = string_end(s, i + 1);
        if (end == std::string_view::npos) return false;
        leaf = {.begin = static_cast<uint32_t>(i + 1), .end = static_cast<uint32_t>(end), .is_string = true};
        i = end + 1;
        if (i < s.size() && s[i] == ':') {  // a name
          ++i;
          continue;
        }
        break;
      }
      case ',':
      case ':':
      case ' ':
        ++i;
        continue;
      default: {
        const size_t begin = i;
        while (i < s.size() && !ends_scalar(s[i])) ++i;
        if (i == begin) ++i;
        if (c == 'n') continue;  // null is part of the form
        leaf = {.begin = static_cast<uint32_t>(begin), .end = static_cast<uint32_t>(i)};
        break;
      }
    }
    (depth == 1 ? values_ : leaves_).push_back(leaf);
  }
  return false;
}

bool Coder::is_phrase(uint32_t id, std::string_view text) {
  if (entries_[id].kind != Word::kPhrase) return false;
  expanded_.clear();
  return expand(word(id).text, {}, 0, *this, expanded_) && expanded_ == text;
}

/// What lies between `begin` and `end`, with a zero byte for each of `values`. Valid until the next call.
std::string_view Coder::form_of(std::string_view record, uint32_t begin, uint32_t end, std::span<const Value> values) {
  if (const size_t most = end - begin + values.size(); form_.size() < most) form_.resize(most);
  char* to = form_.data();
  for (const Value& value : values) {
    to = copy_short(to, record.data() + begin, value.begin - begin);
    *to++ = '\0';
    begin = value.end;
  }
  to = copy_short(to, record.data() + begin, end - begin);
  return {form_.data(), static_cast<size_t>(to - form_.data())};
}

void Coder::put_nested(std::string_view record, const Value& value) {
  const std::string_view text = record.substr(value.begin, value.end - value.begin);
  bool is_second = false;
  if (value.hash != 0) {
    const Known* at = known(tag_of(value.hash));
    if (at != nullptr && at->id == 0) is_second = was_met(value.hash) && texts_.size() <= kWordsBytesMax;
    else if (at != nullptr && is_phrase(at->id - 1, text)) return put_varint(bodies_, kFirstWord + at->id - 1);
  }
  if (text.size() > kWordBytesMax) return put_literal(bodies_, text);
  Value* leaves = leaves_.data() + value.first_leaf;
  look_ahead(record, leaves, value.leaves);
  const std::string_view form = form_of(record, value.begin, value.end, {leaves, value.leaves});
  phrase_.clear();
  if (!put_known(phrase_, hash_of(Word::kForm, form), Word::kForm, form)) return put_literal(bodies_, text);
  // In a phrase nothing is relative to a record, nor apart from it.
  std::string& out = is_second ? phrase_ : bodies_;
  if (!is_second) bodies_ += phrase_;
  for (uint32_t i = 0; i < value.leaves; ++i) {
    const std::string_view leaf = record.substr(leaves[i].begin, leaves[i].end - leaves[i].begin);
    put_leaf(out, leaf, leaves[i], leaves[i].is_string && !is_second);
  }
  if (is_second) put_varint(bodies_, kFirstWord + enter(value.hash, Word::kPhrase, phrase_));
}

void Coder::add(std::string_view record, uint32_t time) {
  time_ = time;
  bool is_taken_apart = record.size() <= segment::kBlockRawBytesMax / 2 && scan(record);
  if (is_taken_apart) {
    look_ahead(record, values_.data(), values_.size());
    const std::string_view form = form_of(record, 0, static_cast<uint32_t>(record.size()), values_);
    is_taken_apart = form.size() <= kWordBytesMax && put_known(bodies_, hash_of(Word::kForm, form), Word::kForm, form);
  }
  if (is_taken_apart) {
    for (const Value& value : values_) {
      if (value.is_nested) put_nested(record, value);
      else put_leaf(bodies_, record.substr(value.begin, value.end - value.begin), value, value.is_string);
    }
  } else {
    put_literal(bodies_, record);
  }
  events_.emplace_back(static_cast<uint32_t>(bodies_.size()), static_cast<uint32_t>(noise_.size()));
}

std::optional<uint32_t> Coder::entry(Word::Kind kind, std::string_view text) {
  const uint64_t hash = hash_of(kind, text);
  const Known* at = known(tag_of(hash));
  if (at == nullptr) return std::nullopt;
  if (at->id != 0) return entries_[at->id - 1].kind == kind && word(at->id - 1).text == text ? std::optional(at->id - 1) : std::nullopt;
  if (texts_.size() + text.size() > kWordsBytesMax) return std::nullopt;
  return enter(hash, kind, text);
}

std::optional<uint32_t> Coder::phrase(std::string_view expanded, const std::function<std::optional<std::string>()>& code) {
  const uint64_t hash = hash_of(Word::kPhrase, expanded);
  const auto is_free = [&] {
    const Known* at = known(tag_of(hash));
    return at != nullptr && at->id == 0;
  };
  if (const Known* at = known(tag_of(hash)); at != nullptr && at->id != 0)
    return is_phrase(at->id - 1, expanded) ? std::optional(at->id - 1) : std::nullopt;
  if (!is_free()) return std::nullopt;
  const std::optional<std::string> coded = code();
  if (!coded || texts_.size() + coded->size() > kWordsBytesMax || !is_free()) return std::nullopt;
  return enter(hash, Word::kPhrase, *coded);
}

void Coder::put_text(std::string& out, std::string_view text) {
  if (text.size() > kWordBytesMax || !put_known(out, hash_of(Word::kText, text), Word::kText, text)) put_literal(out, text);
}

void Coder::add_coded(std::string_view body, std::string_view noise) {
  bodies_ += body;
  noise_ += noise;
  events_.emplace_back(static_cast<uint32_t>(bodies_.size()), static_cast<uint32_t>(noise_.size()));
}

bool Coder::open_record(uint32_t place, uint32_t time, std::string& out) {
  out.clear();
  if (place >= events_.size()) return false;
  const auto [body, noise] = place == 0 ? std::pair(0u, 0u) : events_[place - 1];
  return expand(std::string_view(bodies_).substr(body, events_[place].first - body),
                std::string_view(noise_).substr(noise, events_[place].second - noise), time, *this, out);
}

Coder::Block Coder::close() {
  Block block;
  put_varint(block.text, events_.size());
  uint32_t body = 0, noise = 0;
  for (const auto& [body_end, noise_end] : events_) {
    put_varint(block.text, body_end - body);
    put_varint(block.text, noise_end - noise);
    body = body_end;
    noise = noise_end;
  }
  block.text += bodies_;
  block.noise = noise_;
  events_.clear();
  bodies_.clear();
  noise_.clear();
  return block;
}

}  // namespace cairn::history

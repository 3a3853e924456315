#include "history/recoder.h"

#include <algorithm>

namespace cairn::history {

using segment::put_varint;

bool Recoder::add(const CodedBlock::Coded& coded) {
  segment::Reader in(coded.body);
  body_.clear();
  size_t noise = 0;
  if (!put(in, body_, &noise, 0) || !in.ok() || in.left() != 0 || noise != coded.noise.size()) return false;
  to_.add_coded(body_, coded.noise);
  return true;
}

/// One value. `noise`: how much of it the values before have used; null within a phrase, which has none.
bool Recoder::put(segment::Reader& in, std::string& out, size_t* noise, int depth) {
  const uint64_t token = in.varint();
  if (!in.ok() || depth > kNestingMax) return false;
  switch (token) {
    case kLiteral: {
      const std::string_view text = in.bytes(in.varint());
      to_.put_text(out, text);
      return in.ok();
    }
    case kUuid:
      if (noise == nullptr) return false;
      *noise += 16;
      put_varint(out, kUuid);
      return true;
    case kTime:
      put_varint(out, kTime);
      put_varint(out, in.varint());
      return in.ok();
    case kHex: {
      const uint64_t digits = in.varint();
      if (noise == nullptr || !in.ok() || digits > kHexDigitsMax) return false;
      *noise += (digits + 1) / 2;
      put_varint(out, kHex);
      put_varint(out, digits);
      return true;
    }
    default:
      break;
  }
  const uint64_t id = token - kFirstWord;
  if (id >= entries_.size()) return false;
  Entry& entry = entries_[id];
  if (entry.state == Entry::kUnknown && !look_up(static_cast<uint32_t>(id), entry)) return false;
  if (entry.state == Entry::kSpelled) {
    const Word word = from_.word(static_cast<uint32_t>(id));
    if (word.kind == Word::kText) {
      to_.put_text(out, word.text);
      return true;
    }
    if (word.kind != Word::kPhrase) return false;  // a form there is no room for
    const std::string phrase(word.text);
    segment::Reader within(phrase);
    return put(within, out, nullptr, depth + 1) && within.ok() && within.left() == 0;
  }
  put_varint(out, kFirstWord + uint64_t{entry.id});
  for (uint16_t value = 0; value < entry.values; ++value)
    if (!put(in, out, noise, depth + 1)) return false;
  return true;
}

/// What a word of the old dictionary is in the new one. False: it cannot be read.
bool Recoder::look_up(uint32_t id, Entry& entry) {
  const Word word = from_.word(id);
  std::optional<uint32_t> found;
  switch (word.kind) {
    case Word::kText:
    case Word::kForm:
      found = to_.entry(word.kind, word.text);
      if (word.kind == Word::kForm) entry.values = static_cast<uint16_t>(std::ranges::count(word.text, '\0'));
      break;
    case Word::kPhrase: {
      const std::string phrase(word.text);
      std::string expanded;
      if (!expand(phrase, {}, 0, from_, expanded)) return false;
      found = to_.phrase(expanded, [&]() -> std::optional<std::string> {
        std::string coded;
        segment::Reader within(phrase);
        if (put(within, coded, nullptr, 1) && within.ok() && within.left() == 0) return coded;
        return std::nullopt;
      });
      break;
    }
    case Word::kNone:
      return false;
  }
  entry.state = found ? Entry::kKnown : Entry::kSpelled;
  entry.id = found.value_or(0);
  return true;
}

}  // namespace cairn::history

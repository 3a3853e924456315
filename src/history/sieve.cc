#include "history/sieve.h"

#include <algorithm>
#include <cstring>

#include "segment/block.h"

namespace cairn::history {

namespace {

bool is_one_of(char c, std::string_view all) { return all.find(c) != std::string_view::npos; }
char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// Values that are strings stand between quotes, others (what is nested in a member, too) behind `:`, `[` or `,` and before `,`, `]` or
/// `}`: only a text with such a place in it can lie across a value's border.
bool may_cross(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return true;
    if (i + 1 == text.size()) break;
    const char here = text[i], next = text[i + 1];
    const bool begins = is_one_of(next, "-0123456789tfTF{["), ends = is_one_of(here, "0123456789elEL}]");
    if (begins && (is_one_of(here, "[,") || is_one_of(here, kSpace) || (here == ':' && (i == 0 || is_one_of(text[i - 1], kSpace)))))
      return true;
    if (ends && (is_one_of(next, ",]}") || is_one_of(next, kSpace))) return true;
  }
  return false;
}

/// Whether `text` contains `part`, which has two bytes at least or is rare.
bool has(std::string_view text, std::string_view part) {
  if (part.size() < 2) return text.find(part) != std::string_view::npos;
  // Many places at once, by their first and last byte alone.
  constexpr size_t kAtOnce = 256;
  const char first = part.front(), last = part.back();
  const size_t to_last = part.size() - 1;
  size_t at = 0;
  for (; at + to_last + kAtOnce <= text.size(); at += kAtOnce) {
    const char *a = text.data() + at, *b = a + to_last;
    char any = 0;
    for (size_t i = 0; i < kAtOnce; ++i) any = static_cast<char>(any | ((a[i] == first) & (b[i] == last)));
    if (any != 0 && memmem(a, kAtOnce + to_last, part.data(), part.size()) != nullptr) return true;
  }
  return text.substr(at).find(part) != std::string_view::npos;
}

}  // namespace

bool Sieve::can_tell(const Texts& texts) {
  return !texts.any.empty() && std::ranges::none_of(texts.any, [](const std::string& text) {
    return text.size() < 2 || text.find('\0') != std::string::npos || may_cross(text);
  });
}

Sieve::Sieve(const Texts& texts) : texts_(texts.any), any_case_(texts.any_case) {
  for (std::string& text : texts_) {
    if (any_case_) std::ranges::transform(text, text.begin(), fold);
    may_be_noise_ = may_be_noise_ || std::ranges::all_of(text, [](char c) { return is_one_of(c, "0123456789abcdefTZtz:-"); });
  }
}

bool Sieve::contains(std::string_view text) const {
  thread_local std::string folded;
  if (any_case_) {
    folded.resize(text.size());
    std::ranges::transform(text, folded.begin(), fold);
    text = folded;
  }
  return std::ranges::any_of(texts_,
                             [&](const std::string& one) { return memmem(text.data(), text.size(), one.data(), one.size()) != nullptr; });
}

bool Sieve::look_at(Words& words, uint32_t count) {
  hits_.assign(count, 0);
  for (uint32_t id = 0; id < count; ++id) {
    const Word word = words.word(id);
    if (word.kind == Word::kNone) return false;
    hits_[id] = word.kind == Word::kPhrase ? holds(word.text, id) : contains(word.text);
    if (hits_[id] != 0 && tokens_.size() <= kTokensMax) segment::put_varint(tokens_.emplace_back(), uint64_t{id} + Token::kFirstWord);
  }
  return true;
}

bool Sieve::may_any_contain(std::string_view bodies) const {
  if (may_be_noise_ || tokens_.size() > kTokensMax) return true;
  if (std::ranges::any_of(tokens_, [&](const std::string& token) { return has(bodies, token); })) return true;
  thread_local std::string folded;
  if (any_case_) {
    folded.resize(bodies.size());
    std::ranges::transform(bodies, folded.begin(), fold);
    bodies = folded;
  }
  return std::ranges::any_of(texts_, [&](const std::string& text) { return has(bodies, text); });
}

bool Sieve::may_contain(std::string_view body) const { return holds(body, static_cast<uint32_t>(hits_.size())); }

/// The values of forms follow them: that they are nested makes no difference here.
bool Sieve::holds(std::string_view body, uint32_t words) const {
  segment::Reader in(body);
  while (in.left() > 0) {
    const uint64_t token = in.varint();
    if (token >= Token::kFirstWord) {
      const uint64_t id = token - Token::kFirstWord;
      if (id >= words || hits_[id] != 0) return true;
    } else if (token == Token::kLiteral) {
      if (contains(in.bytes(in.varint()))) return true;
    } else {
      if (may_be_noise_) return true;
      if (token != Token::kUuid) in.varint();
    }
    if (!in.ok()) return true;  // whoever decodes it says what is wrong
  }
  return false;
}

}  // namespace cairn::history

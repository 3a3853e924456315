#include "aws/policy/pattern.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace cairn::aws::policy {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Bytes of the character at `at`.
size_t character(std::string_view value, size_t at) {
  size_t n = 1;
  while (at + n < value.size() && is_continuation(value[at + n])) ++n;
  return n;
}

}  // namespace

Pattern::Pattern(std::string_view text, Variables variables, Wildcards wildcards, Case letters) : letters_(letters), text_(text) {
  compile(letters == Case::kIgnored ? text::lower(text) : std::string(text), variables, wildcards);
  settle();
}

/// Text into pieces: runs of symbols, and variables between them.
void Pattern::compile(std::string_view text, Variables variables, Wildcards wildcards) {
  const auto here = [&]() -> Symbols& {
    if (pieces_.empty() || pieces_.back().key) pieces_.emplace_back();
    return pieces_.back().symbols;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '$' && variables == Variables::kResolved && i + 1 < text.size() && text[i + 1] == '{') {
      const size_t end = text.find('}', i + 2);
      if (end != std::string_view::npos) {
        const std::string_view inside = text.substr(i + 2, end - i - 2);
        i = end;
        if (inside == "*" || inside == "?" || inside == "$") {
          here().push_back(static_cast<unsigned char>(inside[0]));
          continue;
        }
        Piece variable;
        const size_t comma = inside.find(',');
        variable.key = Key(text::trim(inside.substr(0, comma)));
        if (comma != std::string_view::npos) {
          const std::string_view quoted = text::trim(inside.substr(comma + 1));
          if (quoted.size() >= 2 && quoted.front() == '\'' && quoted.back() == '\'')
            variable.fallback = std::string(quoted.substr(1, quoted.size() - 2));
        }
        pieces_.push_back(std::move(variable));
        continue;
      }
    }
    if (c == '*' && wildcards == Wildcards::kMatch) here().push_back(kRun);
    else if (c == '?' && wildcards == Wildcards::kMatch) here().push_back(kOne);
    else here().push_back(static_cast<unsigned char>(c));
  }
}

/// The cheapest form that says the same.
void Pattern::settle() {
  if (std::ranges::any_of(pieces_, [](const Piece& piece) { return piece.key.has_value(); })) {
    form_ = Form::kTemplate;
    return;
  }
  if (!pieces_.empty()) symbols_ = std::move(pieces_.front().symbols);
  pieces_.clear();
  const auto wild = std::ranges::find_if(symbols_, [](uint16_t s) { return s >= kRun; });
  for (auto it = symbols_.begin(); it != wild; ++it) literal_ += static_cast<char>(*it);
  if (wild == symbols_.end()) form_ = Form::kExact;
  else if (wild + 1 == symbols_.end() && *wild == kRun) form_ = symbols_.size() == 1 ? Form::kAny : Form::kPrefix;
  else form_ = Form::kGlob;
}

Match Pattern::match(std::string_view value, const Context& context) const {
  if (letters_ == Case::kIgnored) return match_as_is(text::lower(value), context);
  return match_as_is(value, context);
}

Match Pattern::match_as_is(std::string_view value, const Context& context) const {
  const auto answer = [](bool matches) { return matches ? Match::kYes : Match::kNo; };
  switch (form_) {
    case Form::kAny:
      return Match::kYes;
    case Form::kExact:
      return answer(value == literal_);
    case Form::kPrefix:
      return answer(value.starts_with(literal_));
    case Form::kGlob:
      return answer(value.starts_with(literal_) && glob(symbols_, value));
    case Form::kTemplate:
      break;
  }
  Symbols resolved;
  for (const Piece& piece : pieces_) {
    resolved.insert(resolved.end(), piece.symbols.begin(), piece.symbols.end());
    if (!piece.key) continue;
    const std::vector<std::string>* values = context.find(*piece.key);
    const std::string* text = values != nullptr && values->size() == 1 ? &values->front() : piece.fallback ? &*piece.fallback : nullptr;
    if (text == nullptr) return Match::kUnresolved;
    for (char c : letters_ == Case::kIgnored ? text::lower(*text) : *text) resolved.push_back(static_cast<unsigned char>(c));
  }
  return answer(glob(resolved, value));
}

/// Goes back to the last `*` only: that is enough, as an earlier one could take no more than the last can.
bool Pattern::glob(const Symbols& pattern, std::string_view value) {
  size_t p = 0, v = 0, star = SIZE_MAX, retry = 0;
  while (v < value.size()) {
    if (p < pattern.size() && pattern[p] == kRun) {
      star = p++;
      retry = v;
    } else if (p < pattern.size() && pattern[p] == kOne) {
      v += character(value, v);
      ++p;
    } else if (p < pattern.size() && pattern[p] == static_cast<unsigned char>(value[v])) {
      ++p;
      ++v;
    } else if (star != SIZE_MAX) {
      p = star + 1;
      retry += character(value, retry);
      v = retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == kRun) ++p;
  return p == pattern.size();
}

uint64_t Actions::head_of(std::string_view text) {
  uint64_t head = 0;
  std::memcpy(&head, text.data(), std::min(text.size(), sizeof head));
  return head;
}

void Actions::add(std::string_view text) {
  patterns_.emplace_back(text, Variables::kLiteral, Wildcards::kMatch, Case::kIgnored);
  const std::string lower = text::lower(text);
  const size_t fixed = std::min({lower.find_first_of("*?"), lower.size(), sizeof(uint64_t)});
  const std::string ones(fixed, '\xff');
  heads_.push_back({head_of(std::string_view(lower).substr(0, fixed)), head_of(ones)});
}

bool Actions::contain(const Lower& action) const {
  static const Context kNone;  // actions have no variables
  for (size_t i = 0; i < heads_.size(); ++i) {
    if ((action.head & heads_[i].mask) != heads_[i].bytes) continue;
    if (patterns_[i].match_as_is(action.text, kNone) == Match::kYes) return true;
  }
  return false;
}

SplitArn::SplitArn(std::string_view arn) {
  while (count < 5) {
    const size_t colon = arn.find(':');
    if (colon == std::string_view::npos) break;
    parts[count++] = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  parts[count++] = arn;
}

ArnPattern::ArnPattern(std::string_view text, Variables variables, Incomplete incomplete) : any_(text == "*"), text_(text) {
  if (any_) return;
  // Colons inside a variable's braces are its own: a variable has a service's prefix.
  std::vector<std::string_view> parts;
  size_t start = 0;
  bool braced = false;
  for (size_t i = 0; i < text.size() && parts.size() < 5; ++i) {
    if (variables == Variables::kResolved && text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') braced = true;
    if (text[i] == '}') braced = false;
    if (text[i] != ':' || braced) continue;
    parts.push_back(text.substr(start, i - start));
    start = i + 1;
  }
  parts.push_back(text.substr(start));
  if (parts.size() < 6 && incomplete == Incomplete::kNever) {
    never_ = true;
    return;
  }
  while (parts.size() < 6) parts.push_back("*");
  for (std::string_view part : parts) parts_.emplace_back(part, variables, Wildcards::kMatch);
}

Match ArnPattern::match(const SplitArn& arn, const Context& context) const {
  if (any_) return Match::kYes;
  if (never_ || arn.count != 6) return Match::kNo;
  Match whole = Match::kYes;
  for (size_t i = 6; i-- > 0;) {  // the last part differs soonest
    switch (parts_[i].match(arn.parts[i], context)) {
      case Match::kNo:
        return Match::kNo;
      case Match::kUnresolved:
        whole = Match::kUnresolved;
        break;
      case Match::kYes:
        break;
    }
  }
  return whole;
}

}  // namespace cairn::aws::policy

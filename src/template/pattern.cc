#include "template/pattern.h"

#include <re2/re2.h>

namespace cairn::cfn {
namespace {

constexpr size_t kPatternBytesMax = 4096;
constexpr int64_t kCompiledBytesMax = 1 << 20;

/// Java's \u0020 is \x{0020} here.
std::string translated(std::string_view pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '\\' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    const bool is_code = pattern[i + 1] == 'u' && i + 6 <= pattern.size();
    if (is_code) {
      out += fmt::format("\\x{{{}}}", pattern.substr(i + 2, 4));
      i += 5;
    } else {
      out += pattern.substr(i, 2);
      ++i;
    }
  }
  return out;
}

/// Where the group that begins at `pattern[0]` ends, behind its bracket; npos if it does not.
size_t group_length(std::string_view pattern) {
  int depth = 0;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      ++i;
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      if (i + 1 < pattern.size() && pattern[i + 1] == '^') ++i;
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') ++i;  // a bracket that comes first is one of the class
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

Result<std::shared_ptr<const re2::RE2>> compiled(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kCompiledBytesMax);
  auto regex = std::make_shared<re2::RE2>(translated(pattern), options);
  if (!regex->ok()) return failure("must be a valid regular expression that can be matched in linear time ({})", regex->error());
  return regex;
}

}  // namespace

Result<Pattern> Pattern::compile(std::string_view text) {
  if (text.size() > kPatternBytesMax) return failure("must not be longer than {} bytes", kPatternBytesMax);
  Pattern pattern;
  std::string_view rest = text;
  if (rest.starts_with("^(?=") || rest.starts_with("^(?!")) rest.remove_prefix(1);
  while (rest.starts_with("(?=") || rest.starts_with("(?!")) {
    const size_t length = group_length(rest);
    if (length == std::string_view::npos) return failure("must be a valid regular expression");
    auto ahead = compiled(rest.substr(3, length - 4));
    if (!ahead) return tl::unexpected(std::move(ahead).error());
    pattern.looks_.push_back({.ahead = *std::move(ahead), .wanted = rest[2] == '='});
    rest.remove_prefix(length);
  }
  auto whole = compiled(rest);
  if (!whole) return tl::unexpected(std::move(whole).error());
  pattern.whole_ = *std::move(whole);
  return pattern;
}

bool Pattern::matches(std::string_view value) const {
  const re2::StringPiece text(value.data(), value.size());
  for (const Look& look : looks_)
    if (look.ahead->Match(text, 0, text.size(), re2::RE2::ANCHOR_START, nullptr, 0) != look.wanted) return false;
  return re2::RE2::FullMatch(text, *whole_);
}

}  // namespace cairn::cfn

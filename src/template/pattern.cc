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

}  // namespace

Result<Pattern> Pattern::compile(std::string_view text) {
  if (text.size() > kPatternBytesMax) return failure("must not be longer than {} bytes", kPatternBytesMax);
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kCompiledBytesMax);
  Pattern pattern;
  auto linear = std::make_shared<re2::RE2>(translated(text), options);
  if (linear->ok()) {
    pattern.linear_ = std::move(linear);
    return pattern;
  }
  auto trying = BacktrackingRegex::compile(text);
  if (!trying) return tl::unexpected(std::move(trying).error());
  pattern.trying_ = *std::move(trying);
  return pattern;
}

std::optional<bool> Pattern::matches(std::string_view value) const {
  if (trying_) return trying_->matches(value);
  return re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *linear_);
}

}  // namespace cairn::cfn

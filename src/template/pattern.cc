#include "template/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/check.h"

namespace cairn::cfn {
namespace {

constexpr size_t kPatternBytesMax = 4096;

PCRE2_SPTR bytes_of(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

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

std::string message_of(int error) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

}  // namespace

Result<Pattern> Pattern::compile(std::string_view text) {
  if (text.size() > kPatternBytesMax) return failure("must not be longer than {} bytes", kPatternBytesMax);
  const std::string pattern = translated(text);
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* code = pcre2_compile(bytes_of(pattern), pattern.size(),
                                   PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C, &error,
                                   &offset, nullptr);
  if (code == nullptr) return failure("is no regular expression: {} at position {}", message_of(error), offset);
  Pattern compiled;
  compiled.code_.reset(code, [](const pcre2_code* gone) { pcre2_code_free(const_cast<pcre2_code*>(gone)); });
  return compiled;
}

std::optional<bool> Pattern::matches(std::string_view value, uint32_t steps_max) const {
  const std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> limits(pcre2_match_context_create(nullptr),
                                                                                         pcre2_match_context_free);
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> found(pcre2_match_data_create(1, nullptr),
                                                                                  pcre2_match_data_free);
  CHECK(limits != nullptr && found != nullptr);
  pcre2_set_match_limit(limits.get(), steps_max);
  pcre2_set_depth_limit(limits.get(), steps_max);
  pcre2_set_heap_limit(limits.get(), kKilobytesMax);
  const int outcome = pcre2_match(code_.get(), bytes_of(value), value.size(), 0, 0, found.get(), limits.get());
  if (outcome >= 0) return true;
  // What is not UTF-8 matches nothing.
  if (outcome == PCRE2_ERROR_NOMATCH || (outcome <= PCRE2_ERROR_UTF8_ERR1 && outcome >= PCRE2_ERROR_UTF8_ERR21)) return false;
  return std::nullopt;
}

}  // namespace cairn::cfn

#include "api/pattern.h"

#include <re2/re2.h>

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace cairn::api {
namespace {

constexpr int64_t kPatternBytesMax = 256 << 10;  // one compiled pattern with its caches; over it RE2 slows down, no more

std::unique_ptr<RE2> compile(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kPatternBytesMax);
  return std::make_unique<RE2>(re2_pattern(pattern), options);
}

/// Grows to the number of patterns in the tables, some 260, and no further.
class Patterns {
 public:
  const RE2& get(const std::string& pattern) {
    {
      std::shared_lock lock(mutex_);
      if (auto it = compiled_.find(pattern); it != compiled_.end()) return *it->second;
    }
    std::unique_ptr<RE2> made = compile(pattern);
    std::unique_lock lock(mutex_);
    return *compiled_.try_emplace(pattern, std::move(made)).first->second;
  }

 private:
  std::shared_mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<RE2>> compiled_;
};

/// The four hex digits of a \uXXXX at `position`, if that stands there.
std::optional<uint32_t> escape_at(std::string_view pattern, size_t position) {
  if (pattern.substr(position, 2) != "\\u" || position + 6 > pattern.size()) return std::nullopt;
  uint32_t value = 0;
  for (char c : pattern.substr(position + 2, 4)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<uint32_t>(digit);
  }
  return value;
}

}  // namespace

std::string re2_pattern(std::string_view pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size();) {
    const std::optional<uint32_t> unit = escape_at(pattern, i);
    if (!unit) {
      const size_t taken = pattern[i] == '\\' && i + 1 < pattern.size() ? 2 : 1;  // \\u is a backslash and a u
      out += pattern.substr(i, taken);
      i += taken;
      continue;
    }
    i += 6;
    uint32_t code_point = *unit;
    if (const auto low = escape_at(pattern, i); low && *unit >= 0xd800 && *unit < 0xdc00 && *low >= 0xdc00 && *low < 0xe000) {
      code_point = 0x10000 + ((*unit - 0xd800) << 10) + (*low - 0xdc00);
      i += 6;
    }
    out += fmt::format("\\x{{{:X}}}", code_point);
  }
  return out;
}

bool is_pattern_usable(const std::string& pattern) { return compile(pattern)->ok(); }

bool matches_pattern(const std::string& pattern, std::string_view text) {
  static Patterns patterns;
  const RE2& compiled = patterns.get(pattern);
  return !compiled.ok() || RE2::FullMatch(re2::StringPiece(text.data(), text.size()), compiled);
}

}  // namespace cairn::api

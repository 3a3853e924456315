#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "patterns/refusal.h"

/// The filter patterns of CloudWatch Logs: which log events a metric filter counts, a subscription gets, a search finds. The language
/// is described in docs/patterns.md.
namespace cairn::patterns {

class Terms;
class Delimited;
class JsonCondition;

/// A compiled pattern. Immutable; any thread. Matching takes time linear in the message for each term, field or condition.
class FilterPattern {
 public:
  static constexpr size_t kLengthMax = 1024;  // characters
  static constexpr size_t kRegexMax = 2;      // regular expressions in one pattern
  enum class Kind { kTerms, kDelimited, kJson };
  using Values = std::vector<std::optional<std::string>>;

  /// `fields`: what a metric filter wants to know of the events that match, its metric's value and its dimensions, each a selector
  /// (`$.latency`) or the name or number of a field (`$bytes`, `$7`) as it suits the pattern. Patterns of terms have no fields.
  /// Refused fields: the offset is in the field, not in the pattern.
  static Result<FilterPattern, Refusal> compile(std::string_view pattern, std::span<const std::string> fields = {});

  bool matches(std::string_view message) const { return match(message, nullptr); }
  /// `values`: what `fields` are in a message that matches, as text and in their order; nullopt where there is none or no single value.
  bool matches(std::string_view message, Values& values) const { return match(message, &values); }

  /// What TestMetricFilter shows of a message that matches: `$name` or `$number` of each field of a delimited pattern, each selector
  /// that has a single value of a JSON pattern, nothing of terms.
  std::vector<std::pair<std::string, std::string>> extracted(std::string_view message) const;

  Kind kind() const { return static_cast<Kind>(form_.index()); }
  size_t regex_count() const { return regex_count_; }
  const JsonCondition* json() const { return kind() == Kind::kJson ? std::get<2>(form_).get() : nullptr; }

 private:
  FilterPattern() = default;
  bool match(std::string_view message, Values* values) const;

  std::variant<std::shared_ptr<const Terms>, std::shared_ptr<const Delimited>, std::shared_ptr<const JsonCondition>> form_;
  size_t regex_count_ = 0;
};

/// A number as patterns and log events write it: a sign, digits, a fraction, an exponent. The whole text, or none.
std::optional<double> number_of(std::string_view text);

}  // namespace cairn::patterns

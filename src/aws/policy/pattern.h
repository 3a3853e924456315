#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/policy/context.h"
#include "base/text.h"

namespace cairn::aws::policy {

enum class Variables { kLiteral, kResolved };  // kLiteral: before version 2012-10-17, "${aws:username}" is text like any
enum class Wildcards { kLiteral, kMatch };
enum class Case { kCounts, kIgnored };  // ASCII

enum class Match { kNo, kYes, kUnresolved };  // kUnresolved: a variable has no value in this request, and no default

/// A text of a policy that request values are held against: `*` is any run of characters, `?` one, `${key}` and `${key, 'default'}`
/// are values of the request (never wildcards themselves), `${*}` `${?}` `${$}` the characters. Compiled once; matching takes at
/// worst the product of both lengths.
class Pattern {
 public:
  Pattern() = default;
  Pattern(std::string_view text, Variables variables, Wildcards wildcards, Case letters = Case::kCounts);

  Match match(std::string_view value, const Context& context) const;
  /// The same, where the case has been seen to: of a pattern that ignores it, `value` is in lower case.
  Match match_as_is(std::string_view value, const Context& context) const;
  const std::string& text() const { return text_; }  // as written

 private:
  static constexpr uint16_t kRun = 256, kOne = 257;  // beside bytes
  using Symbols = std::vector<uint16_t>;
  struct Piece {
    Symbols symbols;
    std::optional<Key> key;  // of a variable, behind the symbols
    std::optional<std::string> fallback;
  };
  enum class Form { kExact, kAny, kPrefix, kGlob, kTemplate };

  void compile(std::string_view text, Variables variables, Wildcards wildcards);
  void settle();
  static bool glob(const Symbols& pattern, std::string_view value);

  Form form_ = Form::kExact;
  Case letters_ = Case::kCounts;
  std::string literal_;        // kExact, kPrefix
  Symbols symbols_;            // kGlob
  std::vector<Piece> pieces_;  // kTemplate
  std::string text_;
};

/// The actions of a statement: patterns without variables that ignore case. Most statements are about another service than the
/// request, so that the first eight bytes of each pattern are compared first.
class Actions {
 public:
  /// A request's action, made ready.
  struct Lower {
    explicit Lower(std::string_view action) : text(text::lower(action)), head(head_of(text)) {}
    const std::string text;
    const uint64_t head;
  };
  void add(std::string_view text);
  bool contain(const Lower& action) const;
  const std::vector<Pattern>& patterns() const { return patterns_; }

 private:
  struct Head {
    uint64_t bytes, mask;
  };
  static uint64_t head_of(std::string_view text);  // its first eight bytes; what is missing is 0

  std::vector<Head> heads_;
  std::vector<Pattern> patterns_;
};

/// An ARN pattern: each of the six parts is matched by itself, so that no wildcard reaches across a colon; but the last takes all
/// that is left.
class ArnPattern {
 public:
  enum class Incomplete { kFilledUp, kNever };  // fewer than six parts: the missing ones are `*` (Resource), or nothing matches
  ArnPattern(std::string_view text, Variables variables, Incomplete incomplete);
  Match match(const struct SplitArn& arn, const Context& context) const;
  const std::string& text() const { return text_; }

 private:
  bool any_ = false, never_ = false;
  std::vector<Pattern> parts_;
  std::string text_;
};

/// The six parts of an ARN; fewer for what is none.
struct SplitArn {
  explicit SplitArn(std::string_view arn);
  std::string_view parts[6];
  size_t count = 0;
};

}  // namespace cairn::aws::policy

#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patterns/filter/comparison.h"

namespace cairn::patterns {

/// A path into a JSON event: `$.a.b[0]`, `$.items[*].id`, `$.['a.b']`.
struct Selector {
  static constexpr size_t kEvery = SIZE_MAX;  // [*]
  struct Step {
    std::string member;           // or, if empty:
    std::optional<size_t> index;  // of an element
    bool operator==(const Step&) const = default;
  };
  std::vector<Step> steps;
  std::string text;  // as written

  static Result<Selector, Refusal> read(Reader& reader);
};

/// `{ $.a = "x*" && ($.n >= 1e3 || $.c NOT EXISTS) }`: conditions on the values that selectors point at. The event is walked once;
/// what no selector leads to is stepped over.
class JsonCondition {
 public:
  using Values = std::vector<std::optional<std::string>>;

  static Result<JsonCondition, Refusal> read(Reader reader);
  /// A selector that a metric filter wants to know the value of.
  Result<void, Refusal> add_field(std::string_view reference);
  bool match(std::string_view message, Values* values) const;
  std::vector<std::pair<std::string, std::string>> extracted(std::string_view message) const;
  size_t regex_count() const { return regex_count_; }

 private:
  friend class JsonWalk;
  friend class JsonConditions;
  enum class Test { kCompare, kNull, kTrue, kFalse, kNotExists };
  struct Condition {
    Test test = Test::kCompare;
    std::optional<Comparison> comparison;
  };
  /// Where selectors have led to: what is asked of a value there, and the ways on.
  struct Node {
    std::vector<std::pair<Selector::Step, size_t>> next;
    std::vector<size_t> conditions;
    std::vector<size_t> outputs;
  };
  static constexpr int kAnd = -1, kOr = -2;

  Result<void, Refusal> read_or(Reader& reader);
  Result<void, Refusal> read_and(Reader& reader);
  Result<void, Refusal> read_one(Reader& reader);
  size_t node_of(const Selector& selector);
  /// `first`: where the pattern's own conditions begin in `holds`.
  static bool decide(const std::vector<int>& program, const std::vector<char>& holds, size_t first = 0);

  std::vector<Node> nodes_ = std::vector<Node>(1);  // the root first
  std::vector<Condition> conditions_;
  std::vector<int> program_;            // in postfix order: the number of a condition, kAnd, kOr
  std::vector<std::string> selectors_;  // outputs: those of the pattern, as written ...
  std::vector<size_t> fields_;          // ... and of each field, which output it is
  size_t output_count_ = 0;
  size_t regex_count_ = 0;
};

/// Several, on one walk over the event.
class JsonConditions {
 public:
  void add(const JsonCondition& condition);
  /// Of each, in their order, whether it matches.
  std::vector<char> match(std::string_view message) const;

 private:
  void add_node(const JsonCondition& from, size_t number, size_t to, size_t first_condition);

  JsonCondition all_;  // the ways and conditions of all
  struct Part {
    std::vector<int> program;
    size_t first_condition;
  };
  std::vector<Part> parts_;
};

}  // namespace cairn::patterns

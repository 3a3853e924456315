#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aws/policy/context.h"
#include "aws/policy/pattern.h"
#include "base/time.h"

namespace cairn::aws::policy {

/// A range of addresses.
struct Cidr {
  std::array<uint8_t, 16> bytes{};
  int bits = 0;
  bool is_v6 = false;
};
std::optional<Cidr> parse_cidr(std::string_view text);  // without a prefix length: that one address
bool contains(const Cidr& range, const Cidr& address);

/// Dates as policies may write them: W3C's forms of ISO 8601 (a year, a month, a day, or with time and zone), or seconds since 1970.
std::optional<Time> parse_policy_date(std::string_view text);

/// One operator on one key: all of a statement's must hold. Compiled once.
class Condition {
 public:
  enum class Test { kString, kArn, kBool, kNumeric, kDate, kBinary, kIp, kNull };
  enum class Order { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
  enum class Set { kNone, kForAnyValue, kForAllValues };

  /// The operator's name taken apart: ForAnyValue:StringNotLikeIfExists. nullopt: there is no such operator.
  struct Operator {
    Test test = Test::kString;
    Order order = Order::kEqual;
    Wildcards wildcards = Wildcards::kLiteral;
    Case letters = Case::kCounts;
    Set set = Set::kNone;
    bool negated = false;
    bool if_exists = false;
  };
  static std::optional<Operator> parse_operator(std::string_view name);

  /// nullopt: a value is not what the operator compares (a date that is none).
  static std::optional<Condition> compile(const Operator& op, std::string_view op_name, std::string_view key,
                                          const std::vector<std::string>& values, Variables variables);

  bool holds(const Context& context) const;

  const std::string& op() const { return op_name_; }
  const std::string& key() const { return key_.name(); }
  const std::vector<std::string>& values() const { return values_; }
  const std::vector<std::string>* given(const Context& context) const { return context.find(key_); }

 private:
  using Operand = std::variant<Pattern, ArnPattern, double, Time, Cidr, std::string, bool>;
  static std::optional<Operand> operand(const Operator& op, const std::string& value, Variables variables);
  Match matches(const std::string& value, const Context& context) const;  // any of the operands
  Match compare(const Operand& operand, const std::string& value, const Context& context) const;

  Operator operator_;
  std::string op_name_;  // as written
  Key key_{""};
  std::vector<std::string> values_;  // as written
  std::vector<Operand> operands_;
};

}  // namespace cairn::aws::policy

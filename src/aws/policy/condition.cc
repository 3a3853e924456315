#include "aws/policy/condition.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace cairn::aws::policy {
namespace {

using Operator = Condition::Operator;
using Test = Condition::Test;
using Order = Condition::Order;
using Set = Condition::Set;

struct Named {
  std::string_view name;
  Operator op;
};
const Named kOperators[] = {
    {"stringequals", {.test = Test::kString}},
    {"stringnotequals", {.test = Test::kString, .negated = true}},
    {"stringequalsignorecase", {.test = Test::kString, .letters = Case::kIgnored}},
    {"stringnotequalsignorecase", {.test = Test::kString, .letters = Case::kIgnored, .negated = true}},
    {"stringlike", {.test = Test::kString, .wildcards = Wildcards::kMatch}},
    {"stringnotlike", {.test = Test::kString, .wildcards = Wildcards::kMatch, .negated = true}},
    {"numericequals", {.test = Test::kNumeric}},
    {"numericnotequals", {.test = Test::kNumeric, .negated = true}},
    {"numericlessthan", {.test = Test::kNumeric, .order = Order::kLess}},
    {"numericlessthanequals", {.test = Test::kNumeric, .order = Order::kLessOrEqual}},
    {"numericgreaterthan", {.test = Test::kNumeric, .order = Order::kGreater}},
    {"numericgreaterthanequals", {.test = Test::kNumeric, .order = Order::kGreaterOrEqual}},
    {"dateequals", {.test = Test::kDate}},
    {"datenotequals", {.test = Test::kDate, .negated = true}},
    {"datelessthan", {.test = Test::kDate, .order = Order::kLess}},
    {"datelessthanequals", {.test = Test::kDate, .order = Order::kLessOrEqual}},
    {"dategreaterthan", {.test = Test::kDate, .order = Order::kGreater}},
    {"dategreaterthanequals", {.test = Test::kDate, .order = Order::kGreaterOrEqual}},
    {"bool", {.test = Test::kBool, .letters = Case::kIgnored}},
    {"binaryequals", {.test = Test::kBinary}},
    {"ipaddress", {.test = Test::kIp}},
    {"notipaddress", {.test = Test::kIp, .negated = true}},
    {"arnequals", {.test = Test::kArn}},
    {"arnlike", {.test = Test::kArn}},
    {"arnnotequals", {.test = Test::kArn, .negated = true}},
    {"arnnotlike", {.test = Test::kArn, .negated = true}},
    {"null", {.test = Test::kNull}},
};

template <class T>
bool in_order(Order order, T given, T wanted) {
  switch (order) {
    case Order::kEqual:
      return given == wanted;
    case Order::kLess:
      return given < wanted;
    case Order::kLessOrEqual:
      return given <= wanted;
    case Order::kGreater:
      return given > wanted;
    case Order::kGreaterOrEqual:
      return given >= wanted;
  }
  return false;
}

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<bool> parse_bool(std::string_view text) {
  if (text::equals_ignoring_case(text, "true")) return true;
  if (text::equals_ignoring_case(text, "false")) return false;
  return std::nullopt;
}

bool is_empty(const std::vector<std::string>* values) {
  return values == nullptr || std::ranges::all_of(*values, [](const std::string& value) { return value.empty(); });
}

}  // namespace

std::optional<Cidr> parse_cidr(std::string_view text) {
  Cidr cidr;
  const size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  cidr.is_v6 = address.find(':') != std::string::npos;
  if (inet_pton(cidr.is_v6 ? AF_INET6 : AF_INET, address.c_str(), cidr.bytes.data()) != 1) return std::nullopt;
  const int bits_max = cidr.is_v6 ? 128 : 32;
  cidr.bits = bits_max;
  if (slash != std::string_view::npos) {
    const std::optional<uint64_t> bits = text::to_uint(text.substr(slash + 1));
    if (!bits || *bits > static_cast<uint64_t>(bits_max)) return std::nullopt;
    cidr.bits = static_cast<int>(*bits);
  }
  // An IPv4 client of a socket that listens on both shows as ::ffff:192.0.2.1.
  constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (cidr.is_v6 && cidr.bits >= 96 && std::equal(kMapped.begin(), kMapped.end(), cidr.bytes.begin())) {
    std::copy(cidr.bytes.begin() + 12, cidr.bytes.end(), cidr.bytes.begin());
    std::fill(cidr.bytes.begin() + 4, cidr.bytes.end(), uint8_t{0});
    cidr.is_v6 = false;
    cidr.bits -= 96;
  }
  return cidr;
}

bool contains(const Cidr& range, const Cidr& address) {
  if (range.is_v6 != address.is_v6 || address.bits < range.bits) return false;
  for (int bit = 0; bit < range.bits; bit += 8) {
    const int rest = range.bits - bit;
    const uint8_t mask = rest >= 8 ? 0xff : static_cast<uint8_t>(0xff << (8 - rest));
    const auto i = static_cast<size_t>(bit / 8);
    if ((range.bytes[i] & mask) != (address.bytes[i] & mask)) return false;
  }
  return true;
}

std::optional<Time> parse_policy_date(std::string_view text) {
  const std::string s(text);
  constexpr size_t kYear = 4, kMonth = 7, kDay = 10, kMinute = 16;  // where these forms end
  const bool all_digits = text::is_digits(text);
  if (all_digits && s.size() == kYear) return timestamps::parse_iso8601(s + "-01-01T00:00:00Z");
  if (all_digits || s.find_first_not_of("0123456789.-") == std::string::npos) {
    if (s.size() == kMonth && s[4] == '-') return timestamps::parse_iso8601(s + "-01T00:00:00Z");
    if (s.size() == kDay && s[4] == '-') return timestamps::parse_iso8601(s + "T00:00:00Z");
    return timestamps::parse_epoch(s);
  }
  if (s.size() > kMinute && s[4] == '-' && s[13] == ':' && s[kMinute] != ':')
    return timestamps::parse_iso8601(s.substr(0, kMinute) + ":00" + s.substr(kMinute));
  return timestamps::parse_iso8601(s);
}

std::optional<Operator> Condition::parse_operator(std::string_view name) {
  const std::string lower = text::lower(name);
  std::string_view rest = lower;
  Set set = Set::kNone;
  if (rest.starts_with("foranyvalue:")) {
    set = Set::kForAnyValue;
    rest.remove_prefix(12);
  } else if (rest.starts_with("forallvalues:")) {
    set = Set::kForAllValues;
    rest.remove_prefix(13);
  }
  bool if_exists = false;
  if (rest.ends_with("ifexists")) {
    if_exists = true;
    rest.remove_suffix(8);
  }
  for (const Named& named : kOperators) {
    if (named.name != rest) continue;
    if (named.op.test == Test::kNull && if_exists) return std::nullopt;
    Operator op = named.op;
    op.set = set;
    op.if_exists = if_exists;
    return op;
  }
  return std::nullopt;
}

std::optional<Condition::Operand> Condition::operand(const Operator& op, const std::string& value, Variables variables) {
  const auto kept = [](auto parsed) -> std::optional<Operand> {
    if (!parsed) return std::nullopt;
    return Operand(std::move(*parsed));
  };
  switch (op.test) {
    case Test::kString:
    case Test::kBool:
      return Pattern(value, variables, op.wildcards, op.letters);
    case Test::kArn:
      return ArnPattern(value, variables, ArnPattern::Incomplete::kNever);
    case Test::kNumeric:
      return kept(parse_number(value));
    case Test::kDate:
      return kept(parse_policy_date(value));
    case Test::kBinary:
      return kept(text::from_base64(value));
    case Test::kIp:
      return kept(parse_cidr(value));
    case Test::kNull:
      return kept(parse_bool(value));
  }
  return std::nullopt;
}

std::optional<Condition> Condition::compile(const Operator& op, std::string_view op_name, std::string_view key,
                                            const std::vector<std::string>& values, Variables variables) {
  Condition condition;
  condition.operator_ = op;
  condition.op_name_ = std::string(op_name);
  condition.key_ = Key(key);
  condition.values_ = values;
  for (const std::string& value : values) {
    std::optional<Operand> compiled = operand(op, value, variables);
    if (!compiled) return std::nullopt;
    condition.operands_.push_back(std::move(*compiled));
  }
  return condition;
}

Match Condition::compare(const Operand& operand, const std::string& value, const Context& context) const {
  const auto answer = [](bool yes) { return yes ? Match::kYes : Match::kNo; };
  switch (operator_.test) {
    case Test::kString:
    case Test::kBool:
      return std::get<Pattern>(operand).match(value, context);
    case Test::kArn:
      return std::get<ArnPattern>(operand).match(SplitArn(value), context);
    case Test::kNumeric: {
      const std::optional<double> given = parse_number(value);
      return answer(given && in_order(operator_.order, *given, std::get<double>(operand)));
    }
    case Test::kDate: {
      const std::optional<Time> given = parse_policy_date(value);
      return answer(given && in_order(operator_.order, *given, std::get<Time>(operand)));
    }
    case Test::kBinary: {
      const std::optional<std::string> given = text::from_base64(value);
      return answer(given && *given == std::get<std::string>(operand));
    }
    case Test::kIp: {
      const std::optional<Cidr> given = parse_cidr(value);
      return answer(given && contains(std::get<Cidr>(operand), *given));
    }
    case Test::kNull:
      break;  // looks at no value
  }
  return Match::kNo;
}

Match Condition::matches(const std::string& value, const Context& context) const {
  Match best = Match::kNo;
  for (const Operand& operand : operands_) {
    const Match match = compare(operand, value, context);
    if (match == Match::kYes) return match;
    if (match == Match::kUnresolved) best = match;
  }
  return best;
}

/// A variable without a value makes the statement one that does not apply, whatever the operator, as AWS documents it.
bool Condition::holds(const Context& context) const {
  const std::vector<std::string>* given = context.find(key_);
  if (operator_.test == Test::kNull) {
    const bool absent = given == nullptr;
    return std::ranges::any_of(operands_, [&](const Operand& operand) { return std::get<bool>(operand) == absent; });
  }
  const Match wanted = operator_.negated ? Match::kNo : Match::kYes;
  switch (operator_.set) {
    case Set::kForAllValues:
      return is_empty(given) || std::ranges::all_of(*given, [&](const std::string& value) { return matches(value, context) == wanted; });
    case Set::kForAnyValue:
      if (given == nullptr) return operator_.if_exists;
      return !is_empty(given) && std::ranges::any_of(*given, [&](const std::string& value) { return matches(value, context) == wanted; });
    case Set::kNone:
      break;
  }
  if (given == nullptr) return operator_.if_exists || operator_.negated;
  bool unresolved = false;
  for (const std::string& value : *given) {
    const Match match = matches(value, context);
    if (match == Match::kYes) return !operator_.negated;
    unresolved = unresolved || match == Match::kUnresolved;
  }
  return operator_.negated && !unresolved;
}

}  // namespace cairn::aws::policy

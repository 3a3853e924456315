#include "services/monitoring/rule.h"

#include <algorithm>
#include <charconv>

namespace cairn::cloudwatch {

class RuleReader {
 public:
  using Node = AlarmRule::Node;
  using Kind = AlarmRule::Kind;

  explicit RuleReader(std::string_view text) : text_(text) {}

  AlarmRule whole() {
    AlarmRule rule;
    rule.root_ = either();
    blanks();
    if (at_ != text_.size()) fail("unexpected text");
    rule.children_ = std::move(children_);
    return rule;
  }

 private:
  [[noreturn]] void fail(std::string message) const { throw AlarmRule::Refusal{std::move(message), at_}; }
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  static bool ends_word(char c) { return is_blank(c) || c == '(' || c == ')' || c == ',' || c == '"' || c == '\''; }

  void blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool take(char c) {
    blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void want(char c) {
    if (!take(c)) fail(std::string("'") + c + "' is missing");
  }
  bool take_word(std::string_view word) {
    blanks();
    if (!text_.substr(at_).starts_with(word)) return false;
    const size_t end = at_ + word.size();
    if (end < text_.size() && !ends_word(text_[end])) return false;
    at_ = end;
    return true;
  }
  void count() {
    if (++elements_ > AlarmRule::kElementsMax) fail("the rule has too many elements");
  }

  Node either() {
    if (++depth_ > AlarmRule::kDepthMax) fail("the rule is nested too deeply");
    Node left = both();
    if (take_word("OR")) left = joined(Kind::kOr, std::move(left), "OR");
    --depth_;
    return left;
  }
  Node joined(Kind kind, Node first, std::string_view word) {
    Node node{.kind = kind};
    node.parts.push_back(std::move(first));
    do {
      count();
      node.parts.push_back(kind == Kind::kOr ? both() : one());
    } while (take_word(word));
    return node;
  }
  Node both() {
    Node left = one();
    return take_word("AND") ? joined(Kind::kAnd, std::move(left), "AND") : left;
  }
  Node one() {
    count();
    if (take_word("NOT")) {
      if (++depth_ > AlarmRule::kDepthMax) fail("the rule is nested too deeply");
      Node node{.kind = Kind::kNot};
      node.parts.push_back(one());
      --depth_;
      return node;
    }
    if (take('(')) {
      Node inner = either();
      want(')');
      return inner;
    }
    if (take_word("TRUE")) return {.kind = Kind::kConstant, .constant = true};
    if (take_word("FALSE")) return {.kind = Kind::kConstant, .constant = false};
    if (take_word("AT_LEAST")) return at_least();
    Node node{.kind = Kind::kState, .state = state()};
    want('(');
    node.alarms.push_back(alarm());
    want(')');
    return node;
  }
  std::string state() {
    for (const char* name : {"ALARM", "OK", "INSUFFICIENT_DATA"})
      if (take_word(name)) return name;
    fail("ALARM, OK, INSUFFICIENT_DATA, AT_LEAST, TRUE, FALSE, NOT or a parenthesis is missing");
  }

  /// AT_LEAST(2, ALARM, (a, b, c)), AT_LEAST(50%, NOT OK, (a, b)): the latter's NOT is not known to us.
  Node at_least() {
    Node node{.kind = Kind::kAtLeast};
    want('(');
    blanks();
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (error != std::errc() || number == 0) fail("a number above zero is missing");
    at_ = static_cast<size_t>(end - text_.data());
    node.least = number;
    node.is_share = take('%');
    if (node.is_share && number > 100) fail("a percentage is above 100");
    want(',');
    node.state = state();
    want(',');
    want('(');
    do {
      count();
      node.alarms.push_back(alarm());
    } while (take(','));
    want(')');
    want(')');
    if (!node.is_share && number > node.alarms.size()) fail("more alarms are wanted than are named");
    return node;
  }

  /// A name or an ARN, in quotes or without.
  std::string alarm() {
    blanks();
    std::string name;
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      const size_t begin = at_ + 1, end = text_.find(text_[at_], begin);
      if (end == std::string_view::npos) fail("a closing quote is missing");
      name = std::string(text_.substr(begin, end - begin));
      at_ = end + 1;
    } else {
      const size_t begin = at_;
      while (at_ < text_.size() && text_[at_] != ')' && text_[at_] != ',') ++at_;
      std::string_view found = text_.substr(begin, at_ - begin);
      while (!found.empty() && is_blank(found.back())) found.remove_suffix(1);
      name = std::string(found);
    }
    if (name.empty()) fail("the name of an alarm is missing");
    if (std::ranges::find(children_, name) == children_.end()) {
      if (children_.size() == AlarmRule::kChildrenMax) fail("the rule names too many alarms");
      children_.push_back(name);
    }
    return name;
  }

  std::string_view text_;
  size_t at_ = 0, depth_ = 0, elements_ = 0;
  std::vector<std::string> children_;
};

Result<AlarmRule, AlarmRule::Refusal> AlarmRule::read(std::string_view text) {
  try {
    return RuleReader(text).whole();
  } catch (const Refusal& refusal) {
    return tl::unexpected(refusal);
  }
}

bool AlarmRule::holds(const Node& node, const std::function<std::string(const std::string& alarm)>& state_of) {
  const auto part_holds = [&](const Node& part) { return holds(part, state_of); };
  const auto count = [&] {
    return static_cast<double>(std::ranges::count_if(node.alarms, [&](const std::string& alarm) { return state_of(alarm) == node.state; }));
  };
  switch (node.kind) {
    case Kind::kConstant:
      return node.constant;
    case Kind::kState:
      return count() > 0;
    case Kind::kNot:
      return !part_holds(node.parts.front());
    case Kind::kAnd:
      return std::ranges::all_of(node.parts, part_holds);
    case Kind::kOr:
      return std::ranges::any_of(node.parts, part_holds);
    case Kind::kAtLeast:
      return count() >= (node.is_share ? node.least / 100 * static_cast<double>(node.alarms.size()) : node.least);
  }
  return false;
}

}  // namespace cairn::cloudwatch

#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cairn::cloudwatch {

/// The rule of a composite alarm: ALARM("a") AND NOT (OK(b) OR AT_LEAST(2, ALARM, (c, d, e))).
class AlarmRule {
 public:
  static constexpr size_t kDepthMax = 50;
  static constexpr size_t kElementsMax = 500;  // states of alarms, operators, TRUE and FALSE
  static constexpr size_t kChildrenMax = 100;

  struct Refusal {
    std::string message;
    size_t offset = 0;
  };
  /// Total: any text gives a rule or a refusal.
  static Result<AlarmRule, Refusal> read(std::string_view text);

  /// `state_of`: the state of an alarm, by its name or ARN as the rule has it; "": there is none, which is in no state.
  bool holds(const std::function<std::string(const std::string& alarm)>& state_of) const { return holds(root_, state_of); }
  /// The alarms that it names, each once.
  const std::vector<std::string>& children() const { return children_; }

 private:
  friend class RuleReader;
  enum class Kind { kConstant, kState, kNot, kAnd, kOr, kAtLeast };
  struct Node {
    Kind kind = Kind::kConstant;
    bool constant = false;
    std::string state;                // kState, kAtLeast
    std::vector<std::string> alarms;  // the same
    double least = 0;                 // kAtLeast: how many, or what share
    bool is_share = false;
    std::vector<Node> parts;
  };
  static bool holds(const Node& node, const std::function<std::string(const std::string& alarm)>& state_of);

  Node root_;
  std::vector<std::string> children_;
};

}  // namespace cairn::cloudwatch

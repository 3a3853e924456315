#pragma once
#include <map>
#include <string>

#include "template/evaluator.h"
#include "template/references.h"

namespace cairn::cfn {

/// Whether conditions hold: those of the template by name, each decided once, and the expressions of Rules.
class Decider {
 public:
  static constexpr int kDepthMax = 128;  // conditions that name conditions

  explicit Decider(const Scope& scope);
  bool named(const std::string& name, const Node& at);
  bool holds(const Node& node);
  /// All of the template.
  Conditions all();

 private:
  bool any_or_all(const Node& argument, bool wanted);
  std::vector<std::string> list(const Node& node);
  std::string text(const Node& node);

  Scope scope_;
  Evaluator evaluator_;
  std::map<std::string_view, const Node*> declared_;
  Conditions outcomes_;
  std::vector<std::string> deciding_;
};

/// Refuses by the description of the first assertion of the template's Rules that does not hold.
void check_rules(const Scope& scope);

}  // namespace cairn::cfn

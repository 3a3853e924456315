#include "template/references.h"

#include <set>

#include "template/functions.h"
#include "template/substitution.h"

namespace cairn::cfn {
namespace {

using Kind = Reference::Kind;

void variables_of(const Node& call, const Node& argument, const std::function<void(const Reference&)>& on) {
  std::set<std::string_view> own;
  if (argument.is_list()) own.insert(argument.items[1].names.begin(), argument.items[1].names.end());
  for (const Piece& piece : substitution_of(argument.is_list() ? argument.items[0] : argument)) {
    if (!piece.is_variable || own.contains(piece.text)) continue;
    const size_t dot = piece.text.find('.');
    if (dot == std::string_view::npos) on({Kind::kName, std::string(piece.text), {}, &call});
    else on({Kind::kVariable, std::string(piece.text.substr(0, dot)), std::string(piece.text.substr(dot + 1)), &call});
  }
}

}  // namespace

void each_reference(const Node& node, Branches branches, const Conditions* conditions, const std::function<void(const Reference&)>& on) {
  const auto function = function_of(node);
  if (!function) {
    for (const Node& item : node.items) each_reference(item, branches, conditions, on);
    return;
  }
  const Node& argument = *function->argument;
  if (function->name == "Ref") {
    on({Kind::kName, argument.text, {}, &node});
    return;
  }
  if (function->name == "Fn::If") {
    on({Kind::kCondition, argument.items[0].text, {}, &node});
    if (branches == Branches::kNone) return;
    for (size_t i = 1; i < 3; ++i) {
      if (branches == Branches::kTaken) {
        const auto outcome = conditions->find(argument.items[0].text);
        if (outcome == conditions->end() || outcome->second != (i == 1)) continue;
      }
      each_reference(argument.items[i], branches, conditions, on);
    }
    return;
  }
  if (function->name == "Fn::GetAtt") {
    const Attribute attribute = attribute_of(argument);
    on({Kind::kAttribute, attribute.resource, attribute.name, &node});
    if (attribute.computed_name) each_reference(*attribute.computed_name, branches, conditions, on);
    return;
  }
  if (function->name == "Fn::Sub") variables_of(node, argument, on);
  if (function->name == "Fn::ImportValue") on({Kind::kImport, {}, {}, &argument});
  if (function->name == "Fn::FindInMap" && argument.items[0].is_scalar()) on({Kind::kMapping, argument.items[0].text, {}, &node});
  each_reference(argument, branches, conditions, on);
}

}  // namespace cairn::cfn

#pragma once
#include <string_view>
#include <utility>

#include "template/node.h"

namespace cairn::cfn {

/// Which part of a template a value stands in: not every function may stand everywhere.
enum class Block { kResources, kOutputs, kConditions, kRules };
std::string_view name_of(Block block);

bool is_function(std::string_view name);  // "Fn::Join": any that the language has

/// Whether AWS::LanguageExtensions is declared.
enum class Dialect { kPlain, kExtended };

/// Refuses, anywhere below `node`, unknown functions, those that may not stand in `block`, and arguments of the wrong number or kind.
void check_functions(const Node& node, Block block, Dialect dialect);

/// The resource and the attribute's name, itself a scalar or a Ref, that a checked Fn::GetAtt tells: [A, B.C], or "A.B.C".
struct Attribute {
  std::string resource;
  std::string name;
  const Node* computed_name = nullptr;  // in place of `name`
};
Attribute attribute_of(const Node& argument);

}  // namespace cairn::cfn

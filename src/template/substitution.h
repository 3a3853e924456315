#pragma once
#include <string_view>
#include <vector>

#include "template/node.h"

namespace cairn::cfn {

/// A piece of Fn::Sub's text: what stands there, or the name of a variable.
struct Piece {
  std::string_view text;
  bool is_variable = false;
};

/// "${Name}" is a variable, "${!Name}" the text "${Name}". Refuses names that are none. The pieces point into the node's text.
std::vector<Piece> substitution_of(const Node& text);

bool is_variable_name(std::string_view name);

}  // namespace cairn::cfn

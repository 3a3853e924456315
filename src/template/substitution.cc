#include "template/substitution.h"

namespace cairn::cfn {

bool is_variable_name(std::string_view name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == ':';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_allowed);
}

std::vector<Piece> substitution_of(const Node& node) {
  std::vector<Piece> pieces;
  std::string_view rest = node.text;
  const auto take_text = [&](size_t length) {
    if (length > 0) pieces.push_back({.text = rest.substr(0, length)});
    rest.remove_prefix(length);
  };
  size_t from = 0;
  while (true) {
    const size_t open = rest.find("${", from);
    const size_t close = open == std::string_view::npos ? open : rest.find('}', open);
    if (close == std::string_view::npos) break;
    const std::string_view name = rest.substr(open + 2, close - open - 2);
    if (name.starts_with('!')) {
      take_text(open + 2);    // up to and with "${"
      rest.remove_prefix(1);  // without "!"
      from = 0;
      continue;
    }
    if (!is_variable_name(name))
      refuse(
          node,
          "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons");
    take_text(open);
    pieces.push_back({.text = name, .is_variable = true});
    rest.remove_prefix(close - open + 1);
    from = 0;
  }
  take_text(rest.size());
  return pieces;
}

}  // namespace cairn::cfn

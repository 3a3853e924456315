#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "template/error.h"

/// Inside of the template language: a template's text as a tree in which every value knows its place.
namespace cairn::cfn {

struct Node {
  enum class Kind : uint8_t { kNull, kBoolean, kNumber, kString, kList, kMap };
  Kind kind = Kind::kNull;
  Place place;
  std::string text;                // of a scalar; numbers as written, booleans "true" or "false"
  std::vector<std::string> names;  // of a map's members, which are `items`
  std::vector<Node> items;

  bool is_map() const { return kind == Kind::kMap; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_scalar() const { return kind == Kind::kBoolean || kind == Kind::kNumber || kind == Kind::kString; }
  const Node* member(std::string_view name) const;  // of a map; null if there is none
  bool operator==(const Node& other) const;         // wherever they stand
};

/// {"Ref": x} or {"Fn::Name": x}: a map with one such member.
struct Function {
  std::string_view name;
  const Node* argument;
};
std::optional<Function> function_of(const Node& node);

/// As JSON, functions in their long form. Numbers that JSON's would not write in the same way become strings.
Json to_json(const Node& node);
Json scalar_json(const Node& node);

/// "/Resources/Bucket/Properties/Tags/0": where `target`, a node of the tree, stands; empty if it is none of it.
std::string path_of(const Node& root, const Node& target);

/// Drops all but the last of the members of one name, which takes the first one's place, as CloudFormation reads them.
void drop_repeated(Node& map);

/// What ends reading or evaluating inside of this module; the doors turn it into an Error.
struct Refusal {
  std::string message;
  const Node* at = nullptr;
};
template <class... Args>
[[noreturn]] void refuse(const Node& at, fmt::format_string<Args...> format, Args&&... args) {
  throw Refusal{fmt::format(format, std::forward<Args>(args)...), &at};
}
Error error_of(const Refusal& refusal, const Node& root);
/// Messages and paths may hold names from the template: what is too long is cut.
Error shortened(Error error);

Outcome<Node> read_yaml(std::string_view text);
Outcome<Node> read_json(std::string_view text);

}  // namespace cairn::cfn

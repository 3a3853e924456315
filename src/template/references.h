#pragma once
#include <functional>
#include <map>
#include <string>

#include "template/node.h"

namespace cairn::cfn {

/// Something a value names.
struct Reference {
  enum class Kind {
    kName,       // Ref, or a variable of Fn::Sub without a dot: a parameter or a resource
    kAttribute,  // Fn::GetAtt
    kVariable,   // a variable of Fn::Sub with a dot: an attribute
    kCondition,  // of Fn::If
    kMapping,    // of Fn::FindInMap, where it is told
    kImport,     // Fn::ImportValue's argument, in `at`
  };
  Kind kind;
  std::string name;       // the resource's, for attributes
  std::string attribute;  // where it is told
  const Node* at;

  /// It may name a resource; by kName a parameter, too.
  bool is_to_resource() const { return kind == Kind::kName || kind == Kind::kAttribute || kind == Kind::kVariable; }
};

using Conditions = std::map<std::string, bool, std::less<>>;

/// Which of Fn::If's values are looked into.
enum class Branches { kAll, kNone, kTaken };

/// Calls `on` for all that a checked value names. `conditions`: for kTaken.
void each_reference(const Node& node, Branches branches, const Conditions* conditions, const std::function<void(const Reference&)>& on);

}  // namespace cairn::cfn

#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

/// When two properties mean the same: templates write 60 and "60", true and "true" for one value, and members in any order.
namespace cairn::cfn {

/// Members sorted, numbers and booleans as the strings they are written as. For comparing and hashing, never for a call.
Json canonical(const Json& value);
bool same(const Json& a, const Json& b);

/// The names of the members of two objects that differ, sorted: those of one alone, too.
std::vector<std::string> changed_members(const Json& before, const Json& after);

/// A scalar as text, as Ref, Fn::Join and Fn::Sub put it; nothing for lists and objects.
std::optional<std::string> scalar_text(const Json& value);

}  // namespace cairn::cfn

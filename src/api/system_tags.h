#pragma once
#include <string_view>

#include "api/call.h"

/// Tags whose keys begin with aws: are AWS's own. Of them CloudFormation gives aws:cloudformation:... to what its stacks make; nobody else
/// sets them, changes them or takes them away, and they do not count where the number of tags is limited.
namespace cairn::api {

bool is_system_tag(std::string_view key);
/// Whether the caller may set a tag of this key, or take it away.
bool may_set_tag(const Call& call, std::string_view key);

/// How many tags of a map, or of an object, count.
template <class Tags>
size_t counted_tags(const Tags& tags) {
  size_t count = 0;
  for (auto it = tags.begin(); it != tags.end(); ++it) {
    if constexpr (requires { it.key(); }) count += is_system_tag(it.key()) ? 0 : 1;
    else count += is_system_tag(it->first) ? 0 : 1;
  }
  return count;
}
/// Whether a list of {Key} or {TagKey} has any that the caller brings for itself: those need the right to tag.
bool has_own_tags(const Call& call, const Json& list);

}  // namespace cairn::api

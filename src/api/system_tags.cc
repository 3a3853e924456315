#include "api/system_tags.h"

#include <algorithm>

#include "base/text.h"

namespace cairn::api {
namespace {

constexpr std::string_view kSystem = "aws:", kOfStacks = "aws:cloudformation:", kStacks = "cloudformation.amazonaws.com";

}  // namespace

bool is_system_tag(std::string_view key) { return text::lower(key.substr(0, kSystem.size())) == kSystem; }

bool may_set_tag(const Call& call, std::string_view key) {
  return !is_system_tag(key) || (key.starts_with(kOfStacks) && call.principal.invoked_by == kStacks);
}

bool has_own_tags(const Call& call, const Json& list) {
  const auto is_own = [&](const std::string& key) { return !is_system_tag(key) || !may_set_tag(call, key); };
  if (!list.is_object())
    return std::ranges::any_of(list, [&](const Json& tag) { return is_own(tag.value("Key", tag.value("TagKey", ""))); });
  for (const auto& [key, value] : list.items())
    if (is_own(key)) return true;
  return false;
}

}  // namespace cairn::api

#include "template/canonical.h"

#include <algorithm>

namespace cairn::cfn {

std::optional<std::string> scalar_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean() || value.is_number()) return value.dump();
  return std::nullopt;
}

Json canonical(const Json& value) {
  if (auto text = scalar_text(value)) return *std::move(text);
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) list.push_back(canonical(item));
    return list;
  }
  if (!value.is_object()) return value;
  std::vector<std::pair<std::string, const Json*>> members;
  for (const auto& [name, member] : value.items()) members.emplace_back(name, &member);
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Json map = Json::object();
  auto& sorted = map.get_ref<Json::object_t&>();
  for (const auto& [name, member] : members) sorted.emplace_back(name, canonical(*member));
  return map;
}

bool same(const Json& a, const Json& b) { return canonical(a) == canonical(b); }

std::vector<std::string> changed_members(const Json& before, const Json& after) {
  const Json a = before.is_object() ? canonical(before) : Json::object();
  const Json b = after.is_object() ? canonical(after) : Json::object();
  std::vector<std::string> changed;
  auto in_a = a.begin(), in_b = b.begin();  // both sorted
  while (in_a != a.end() || in_b != b.end()) {
    const bool only_a = in_b == b.end() || (in_a != a.end() && in_a.key() < in_b.key());
    const bool only_b = !only_a && (in_a == a.end() || in_b.key() < in_a.key());
    if (only_a || only_b || *in_a != *in_b) changed.push_back(only_b ? in_b.key() : in_a.key());
    if (!only_b) ++in_a;
    if (!only_a) ++in_b;
  }
  return changed;
}

}  // namespace cairn::cfn

#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "services/iam/errors.h"

namespace cairn::iam {

inline std::string text_of(const Json& in, std::string_view member, std::string_view otherwise = "") {
  const auto it = in.find(member);
  return it != in.end() && it->is_string() ? it->get<std::string>() : std::string(otherwise);
}
inline bool has(const Json& in, std::string_view member) { return in.find(member) != in.end(); }

inline std::vector<std::string> list_of(const Json& in, std::string_view member) {
  std::vector<std::string> list;
  if (const auto it = in.find(member); it != in.end())
    for (const Json& each : *it) list.push_back(each.get<std::string>());
  return list;
}

}  // namespace cairn::iam

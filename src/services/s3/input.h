#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

/// Reading members of a decoded call. Types were checked before; an absent member reads as "" or nullopt.
namespace cairn::s3 {

inline bool has(const Json& in, std::string_view name) { return in.contains(name); }

inline std::string text_of(const Json& in, std::string_view name) {
  const auto it = in.find(name);
  return it != in.end() && it->is_string() ? it->get<std::string>() : std::string();
}

inline std::optional<int64_t> number_of(const Json& in, std::string_view name) {
  const auto it = in.find(name);
  if (it == in.end() || !it->is_number_integer()) return std::nullopt;
  return it->get<int64_t>();
}

inline bool flag_of(const Json& in, std::string_view name) {
  const auto it = in.find(name);
  return it != in.end() && it->is_boolean() && it->get<bool>();
}

}  // namespace cairn::s3

#pragma once
#include <string>
#include <vector>

#include "services/ssm/parameter.h"

namespace cairn::ssm {

/// ParameterFilters. Throws what AWS says of filters that mean nothing.
class Filters {
 public:
  enum class For { kDescribe, kPath };  // whose: which keys they may have
  Filters(const Json& in, For whose);
  bool match(const Parameter& parameter) const;

 private:
  struct Filter {
    std::string key, option;
    std::vector<std::string> values;
  };
  static bool matches(const Filter& filter, const Parameter& parameter);
  std::vector<Filter> filters_;
};

/// Whether the name stands below the path: "/", "/path" or "/path/".
bool is_below(std::string_view name, std::string_view path, bool recursive);

}  // namespace cairn::ssm

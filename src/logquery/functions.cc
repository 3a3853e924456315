#include "logquery/functions.h"

#include <algorithm>

namespace cairn::logquery {
namespace {

constexpr std::string_view kMissing[] = {"base64decode",  "base64encode",  "case",        "count_over_time", "endswith",     "haversine",
                                         "histogram",     "ipv4tonumber",  "isprivateip", "ispublicip",      "isreservedip", "md5",
                                         "rate",          "regex_replace", "round",       "sha256",          "split",        "startswith",
                                         "sum_over_time", "todouble",      "toint",       "tolong",          "tonumber",     "urldecode",
                                         "urlencode",     "values"};

}  // namespace

const Function* find_function(std::string_view name) {
  for (const std::span<const Function> family : {text_functions(), number_functions(), time_functions(), address_functions()})
    for (const Function& function : family)
      if (function.name == name) return &function;
  return nullptr;
}

bool is_missing_function(std::string_view name) { return std::ranges::find(kMissing, name) != std::end(kMissing); }

}  // namespace cairn::logquery

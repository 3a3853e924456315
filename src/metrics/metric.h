#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

/// The metrics of CloudWatch: what they are named, what was measured. Accounts and regions are one opaque scope here; times are seconds
/// since 1970.
namespace cairn::metrics {

struct Metric {
  using Dimensions = std::vector<std::pair<std::string, std::string>>;
  std::string scope;  // whose: account and region
  std::string space;  // AWS calls it namespace
  std::string name;
  Dimensions dimensions;  // by name
};

/// What the store knows it by. In byte order: by scope, namespace, name, dimensions, so that each of them is a prefix. NULs, which AWS
/// allows in none of them, become blanks.
std::string key_of(const Metric& metric);
Result<Metric> metric_of(std::string_view key);  // total

/// What the keys of all metrics of a scope begin with, or of one of its namespaces, or of one name there.
std::string prefix_of(std::string_view scope, std::string_view space = {}, std::string_view name = {});

}  // namespace cairn::metrics

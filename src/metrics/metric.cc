#include "metrics/metric.h"

#include <algorithm>

#include "base/text.h"

namespace cairn::metrics {
namespace {

constexpr char kEnd = '\0';  // of a part

void append(std::string& key, std::string_view part) {
  const size_t begin = key.size();
  key += part;
  std::replace(key.begin() + static_cast<std::ptrdiff_t>(begin), key.end(), kEnd, ' ');
  key += kEnd;
}

}  // namespace

std::string key_of(const Metric& metric) {
  std::string key;
  append(key, metric.scope);
  append(key, metric.space);
  append(key, metric.name);
  for (const auto& [name, value] : metric.dimensions) {
    append(key, name);
    append(key, value);
  }
  return key;
}

Result<Metric> metric_of(std::string_view key) {
  const std::vector<std::string_view> parts = text::split(key, kEnd);
  if (parts.size() < 4 || parts.size() % 2 != 0 || !parts.back().empty()) return failure("a metric's key has a wrong number of parts");
  Metric metric{.scope = std::string(parts[0]), .space = std::string(parts[1]), .name = std::string(parts[2]), .dimensions = {}};
  for (size_t i = 3; i + 1 < parts.size(); i += 2) metric.dimensions.emplace_back(parts[i], parts[i + 1]);
  return metric;
}

std::string prefix_of(std::string_view scope, std::string_view space, std::string_view name) {
  std::string prefix;
  append(prefix, scope);
  if (space.empty()) return prefix;
  append(prefix, space);
  if (!name.empty()) append(prefix, name);
  return prefix;
}

}  // namespace cairn::metrics

#include "services/logs/metric_filter.h"

#include <algorithm>
#include <cmath>

namespace cairn::logs_service {
namespace {

constexpr double kValueMax = 0x1p360;        // AWS's bound of measurements
constexpr size_t kDimensionValueMax = 1024;  // bytes, of what an event says

bool may_be_dimension(std::string_view value) {
  return !value.empty() && value.size() <= kDimensionValueMax &&
         std::none_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

}  // namespace

std::string encode(const MetricFilter& filter) {
  return json::dump({{"name", filter.name},
                     {"group", filter.group},
                     {"groupId", filter.group_id},
                     {"scope", filter.scope},
                     {"pattern", filter.pattern},
                     {"created", filter.created.time_since_epoch().count()},
                     {"transformation", filter.transformation}});
}

MetricFilter decode_metric_filter(std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  return {.name = document.at("name").get<std::string>(),
          .group = document.at("group").get<std::string>(),
          .group_id = document.at("groupId").get<std::string>(),
          .scope = document.at("scope").get<std::string>(),
          .pattern = document.at("pattern").get<std::string>(),
          .created = Time(std::chrono::milliseconds(document.at("created").get<int64_t>())),
          .transformation = document.at("transformation")};
}

namespace documents {

std::string metric_filters_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("{}{}/{}/", kMetricFilters, account.str(), region.str());
}
std::string metric_filters_of(const Group& group) { return metric_filters_in(group.account, group.region) + group.name + ":"; }
std::string metric_filter(const Group& group, std::string_view name) { return metric_filters_of(group).append(name); }

}  // namespace documents

Result<CompiledFilter, patterns::Refusal> CompiledFilter::compile(const MetricFilter& filter) {
  const Json& wanted = filter.transformation;
  std::vector<std::string> fields;
  const std::string value = wanted.at("metricValue").get<std::string>();
  const std::optional<double> number = patterns::number_of(value);
  if (!number) fields.push_back(value);
  metrics::Metric metric{.scope = filter.scope,
                         .space = wanted.at("metricNamespace").get<std::string>(),
                         .name = wanted.at("metricName").get<std::string>(),
                         .dimensions = {}};
  if (const auto dimensions = wanted.find("dimensions"); dimensions != wanted.end()) {
    std::map<std::string, std::string> by_name;
    for (const auto& [name, field] : dimensions->items()) by_name[name] = field.get<std::string>();
    for (const auto& [name, field] : by_name) {
      metric.dimensions.emplace_back(name, "");
      fields.push_back(field);
    }
  }
  Result<patterns::FilterPattern, patterns::Refusal> pattern = patterns::FilterPattern::compile(filter.pattern, fields);
  if (!pattern) return tl::unexpected(std::move(pattern.error()));
  CompiledFilter compiled(filter, std::move(*pattern));
  compiled.value_ = number;
  if (wanted.contains("defaultValue")) compiled.default_value_ = wanted.at("defaultValue").get<double>();
  compiled.key_ = metrics::key_of(metric);
  compiled.metric_ = std::move(metric);
  compiled.unit_ = metrics::unit_of(wanted.value("unit", "None")).value_or(0);
  return compiled;
}

std::optional<CompiledFilter::Contribution> CompiledFilter::contribution(std::string_view message) const {
  const bool has_dimensions = !metric_.dimensions.empty();
  if (value_ && !has_dimensions) return Contribution{key_, *value_};
  patterns::FilterPattern::Values values;
  pattern_.matches(message, values);
  size_t next = 0;
  std::optional<double> value = value_;
  if (!value) {
    if (values.empty() || !values[0]) return std::nullopt;
    value = patterns::number_of(*values[0]);
    next = 1;
  }
  if (!value || std::abs(*value) > kValueMax) return std::nullopt;
  if (!has_dimensions) return Contribution{key_, *value};
  metrics::Metric metric = metric_;
  for (auto& [name, text] : metric.dimensions) {
    const std::optional<std::string>& field = values.at(next++);
    if (!field || !may_be_dimension(*field)) return std::nullopt;
    text = *field;
  }
  return Contribution{metrics::key_of(metric), *value};
}

std::optional<CompiledFilter::Contribution> CompiledFilter::otherwise() const {
  if (!default_value_) return std::nullopt;
  return Contribution{key_, *default_value_};
}

}  // namespace cairn::logs_service

#include <algorithm>
#include <array>

#include "api/operation.h"
#include "services/logs/errors.h"
#include "services/logs/metric_filter.h"
#include "services/logs/page.h"

/// Metric filters: what log events add to metrics of CloudWatch. metric_filtering.h puts them to work.
namespace cairn::logs_service {
namespace {

constexpr size_t kFiltersMax = 100;     // of a log group
constexpr size_t kRegexFiltersMax = 5;  // of these, with regular expressions
constexpr size_t kDimensionsMax = 3;

void refuse_unknown(const Json& in) {
  if (in.value("applyOnTransformedLogs", false))
    throw Error(aws::kNotImplemented, "Log transformers are not implemented: leave out applyOnTransformedLogs.");
  if (!in.value("fieldSelectionCriteria", "").empty())
    throw Error(aws::kNotImplemented, "Logs of other accounts are not implemented: leave out fieldSelectionCriteria.");
  if (const auto fields = in.find("emitSystemFieldDimensions"); fields != in.end() && !fields->empty())
    throw Error(aws::kNotImplemented, "Logs of other accounts are not implemented: leave out emitSystemFieldDimensions.");
}

void check_transformation(const Json& transformation) {
  const std::string value = transformation.at("metricValue").get<std::string>();
  if (!value.starts_with('$') && !patterns::number_of(value))
    throw Error(kInvalidParameter, "Invalid metric transformation: metricValue must be a number or a field selector, but is {}", value);
  if (transformation.at("metricNamespace").get<std::string>().starts_with("AWS/"))
    throw Error(kInvalidParameter, "Metric namespaces starting with AWS/ are reserved for AWS.");
  const auto dimensions = transformation.find("dimensions");
  if (dimensions == transformation.end() || dimensions->empty()) return;
  if (dimensions->size() > kDimensionsMax)
    throw Error(kInvalidParameter, "Invalid metric transformation: dimensions must have at most {} items", kDimensionsMax);
  if (transformation.contains("defaultValue"))
    throw Error(kInvalidParameter, "Invalid metric transformation: dimensions and default value are mutually exclusive properties.");
}

CompiledFilter compiled(const MetricFilter& filter) {
  Result<CompiledFilter, patterns::Refusal> compiled = CompiledFilter::compile(filter);
  if (!compiled) throw Error(kInvalidParameter, "{} (at character {})", compiled.error().message, compiled.error().offset + 1);
  return std::move(*compiled);
}

/// A filter of the same name gives way.
void put_metric_filter(api::Call& call) {
  const Json& in = call.in;
  const Group group = open_group(call, in.at("logGroupName").get<std::string>());
  refuse_unknown(in);
  if (group.log_class != "STANDARD")
    throw Error(kInvalidOperation, "The operation PutMetricFilter is not supported for log groups of class {}.", group.log_class);
  const MetricFilter filter{.name = in.at("filterName").get<std::string>(),
                            .group = group.name,
                            .group_id = group.id,
                            .scope = fmt::format("{}/{}", call.account.str(), call.region.str()),
                            .pattern = in.at("filterPattern").get<std::string>(),
                            .created = call.now,
                            .transformation = in.at("metricTransformations").at(0)};
  check_transformation(filter.transformation);
  const bool has_regex = compiled(filter).regex_count() > 0;
  size_t others = 0, others_with_regex = 0;
  for (const state::Item& item : call.state->list(documents::metric_filters_of(group), "", kFiltersMax + 1).items) {
    const MetricFilter other = decode_metric_filter(item.value);
    if (other.name == filter.name) continue;
    ++others;
    if (has_regex && compiled(other).regex_count() > 0) ++others_with_regex;
  }
  if (others >= kFiltersMax || others_with_regex >= kRegexFiltersMax) throw Error(kLimitExceeded, "Resource limit exceeded.");
  call.state->put(documents::metric_filter(group, filter.name), encode(filter));
}

Json shown(const MetricFilter& filter) {
  return {{"filterName", filter.name},
          {"filterPattern", filter.pattern},
          {"metricTransformations", Json::array({filter.transformation})},
          {"creationTime", filter.created.time_since_epoch().count()},
          {"logGroupName", filter.group},
          {"applyOnTransformedLogs", false}};
}

void describe_metric_filters(api::Call& call) {
  const Json& in = call.in;
  const std::string name = in.value("metricName", ""), space = in.value("metricNamespace", ""), prefix = in.value("filterNamePrefix", "");
  if (name.empty() != space.empty()) throw Error(kInvalidParameter, "metricName and metricNamespace must be given together.");
  std::string folder = documents::metric_filters_in(call.account, call.region);
  if (in.contains("logGroupName")) folder = documents::metric_filters_of(open_group(call, in.at("logGroupName").get<std::string>()));
  call.out["metricFilters"] = Json::array();
  each_of_page(call, folder, in.contains("logGroupName") ? prefix : "", [&](const std::string& document) {
    const MetricFilter filter = decode_metric_filter(document);
    if (!filter.name.starts_with(prefix)) return false;
    if (!name.empty() && (filter.transformation.at("metricName") != name || filter.transformation.at("metricNamespace") != space))
      return false;
    call.out["metricFilters"].push_back(shown(filter));
    return true;
  });
}

void delete_metric_filter(api::Call& call) {
  const Group group = open_group(call, call.in.at("logGroupName").get<std::string>());
  const std::string key = documents::metric_filter(group, call.in.at("filterName").get<std::string>());
  if (!call.state->exists(key)) throw Error(kNotFound, "The specified metric filter does not exist.");
  call.state->erase(key);
}

void test_metric_filter(api::Call& call) {
  const std::string text = call.in.at("filterPattern").get<std::string>();
  const Result<patterns::FilterPattern, patterns::Refusal> pattern = patterns::FilterPattern::compile(text);
  if (!pattern) throw Error(kInvalidParameter, "{} (at character {})", pattern.error().message, pattern.error().offset + 1);
  call.out["matches"] = Json::array();
  int64_t number = 0;
  for (const Json& each : call.in.at("logEventMessages")) {
    ++number;
    const std::string message = each.get<std::string>();
    if (!pattern->matches(message)) continue;
    Json extracted = Json::object();
    for (const auto& [token, value] : pattern->extracted(message)) extracted[token] = value;
    call.out["matches"].push_back({{"eventNumber", number}, {"eventMessage", message}, {"extractedValues", std::move(extracted)}});
  }
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteMetricFilter", delete_metric_filter},
    {"DescribeMetricFilters", describe_metric_filters},
    {"PutMetricFilter", put_metric_filter},
    {"TestMetricFilter", test_metric_filter},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_metric_filters;
const api::Family logs_metric_filters{.service = "logs", .operations = logs_service::kOperations};
}  // namespace cairn::services

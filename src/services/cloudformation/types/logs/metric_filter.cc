#include <array>
#include <cctype>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"ApplyOnTransformedLogs", On::kRefuse},
    {"EmitSystemFieldDimensions", On::kRefuse},
    {"FieldSelectionCriteria", On::kRefuse},
    {"FilterName", On::kReplace},
    {"FilterPattern", On::kUpdate, kRequired},
    {"LogGroupName", On::kReplace, kRequired},
    {"MetricTransformations", On::kUpdate, kRequired},
});
constexpr std::array<std::string_view, 2> kIdentifiers = {"LogGroupName", "FilterName"};

/// Dimensions are a list of Key and Value here, a map in the call.
void put(Doing& doing, const std::string& name) {
  Json in = doing.members({{"LogGroupName"}, {"FilterPattern"}, {"MetricTransformations"}});
  in["FilterName"] = name;
  doing.call("logs", "PutMetricFilter", std::move(in));
}

/// As it is; none: there is none of this name. Of those whose names begin so, it is the first.
std::optional<Json> described(Doing& doing, const std::string& group, const std::string& name) {
  const auto found = doing.call_unless({"ResourceNotFoundException"}, "logs", "DescribeMetricFilters",
                                       {{"logGroupName", group}, {"filterNamePrefix", name}, {"limit", 1}});
  const Json filters = found ? found->value("metricFilters", Json::array()) : Json::array();
  if (filters.empty() || filters.at(0).at("filterName") != name) return std::nullopt;
  return filters.at(0);
}

void create(Doing& doing) {
  const std::string name = doing.name("FilterName", {.characters_max = 512});
  // PutMetricFilter would overwrite it.
  if (doing.is_named("FilterName") && described(doing, doing.get("LogGroupName"), name))
    throw Failed{fmt::format("{} already exists", name)};
  put(doing, name);
  doing.physical = name;
}

void update(Doing& doing) { put(doing, doing.physical); }

void remove(Doing& doing) {
  doing.call_unless({"ResourceNotFoundException"}, "logs", "DeleteMetricFilter",
                    {{"logGroupName", doing.get("LogGroupName")}, {"filterName", doing.physical}});
}

void read(Doing& doing) {
  const std::optional<Json> filter = described(doing, doing.get("LogGroupName"), doing.physical);
  doing.is_gone = !filter;
  if (doing.is_gone) return;
  read_members(doing, *filter, {{"FilterPattern", "filterPattern"}});
  Json& live = doing.live["MetricTransformations"] = Json::array();
  for (const Json& transformation : filter->at("metricTransformations")) {
    Json out = Json::object();
    for (const auto& [name, value] : transformation.items()) {
      std::string property = name;
      property.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(property.front())));
      out[property] = value;
    }
    if (const auto dimensions = out.find("Dimensions"); dimensions != out.end()) {
      Json list = Json::array();
      for (const auto& [key, value] : dimensions->items()) list.push_back({{"Key", key}, {"Value", value}});
      *dimensions = std::move(list);
    }
    live.push_back(std::move(out));
  }
}

bool find(Doing& doing) {
  const std::string name = doing.id("FilterName");
  if (!described(doing, doing.id("LogGroupName"), name)) return false;
  doing.physical = name;
  return true;
}

}  // namespace

extern const ResourceType logs_metric_filter;
const ResourceType logs_metric_filter{.name = "AWS::Logs::MetricFilter",
                                      .properties = kProperties,
                                      .create = create,
                                      .update = update,
                                      .remove = remove,
                                      .read = read,
                                      .find = find,
                                      .identifiers = kIdentifiers};

}  // namespace cairn::cloudformation

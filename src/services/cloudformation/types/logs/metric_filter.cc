#include <array>

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

/// Dimensions are a list of Key and Value here, a map in the call.
void put(Doing& doing, const std::string& name) {
  Json in = doing.members({{"LogGroupName"}, {"FilterPattern"}, {"MetricTransformations"}});
  in["FilterName"] = name;
  doing.call("logs", "PutMetricFilter", std::move(in));
}

void create(Doing& doing) {
  const std::string name = doing.name("FilterName", {.characters_max = 512});
  put(doing, name);
  doing.physical = name;
}

void update(Doing& doing) { put(doing, doing.physical); }

void remove(Doing& doing) {
  doing.call_unless({"ResourceNotFoundException"}, "logs", "DeleteMetricFilter",
                    {{"logGroupName", doing.get("LogGroupName")}, {"filterName", doing.physical}});
}

}  // namespace

extern const ResourceType logs_metric_filter;
const ResourceType logs_metric_filter{
    .name = "AWS::Logs::MetricFilter", .properties = kProperties, .create = create, .update = update, .remove = remove};

}  // namespace cairn::cloudformation

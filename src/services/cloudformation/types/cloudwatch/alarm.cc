#include <array>

#include "services/cloudformation/resource_type.h"
#include "services/cloudformation/types/cloudwatch/alarms.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"ActionsEnabled"},
    {"AlarmActions"},
    {"AlarmDescription"},
    {"AlarmName", On::kReplace},
    {"ComparisonOperator"},
    {"DatapointsToAlarm"},
    {"Dimensions"},
    {"EvaluateLowSampleCountPercentile"},
    {"EvaluationCriteria", On::kRefuse},
    {"EvaluationInterval", On::kRefuse},
    {"EvaluationPeriods"},
    {"ExtendedStatistic"},
    {"InsufficientDataActions"},
    {"MetricName"},
    {"Metrics"},
    {"Namespace"},
    {"OKActions"},
    {"Period"},
    {"Statistic"},
    {"Tags"},
    {"Threshold"},
    {"ThresholdMetricId"},
    {"TreatMissingData"},
    {"Unit"},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Arn"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"AlarmName"};

constexpr std::string_view kPut = "PutMetricAlarm";

void create(Doing& doing) { create_alarm(doing, kPut); }
void update(Doing& doing) { update_alarm(doing, kPut); }

void read(Doing& doing) { read_alarm(doing, "MetricAlarms"); }

bool find(Doing& doing) { return find_alarm(doing, "MetricAlarms"); }

}  // namespace

extern const ResourceType cloudwatch_alarm;
const ResourceType cloudwatch_alarm{.name = "AWS::CloudWatch::Alarm",
                                    .properties = kProperties,
                                    .create = create,
                                    .update = update,
                                    .remove = remove_alarm,
                                    .read = read,
                                    .find = find,
                                    .identifiers = kIdentifiers,
                                    .tag = tag_alarm,
                                    .name_property = "AlarmName",
                                    .attributes = kAttributes};

}  // namespace cairn::cloudformation

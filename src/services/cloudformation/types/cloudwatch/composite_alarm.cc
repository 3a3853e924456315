#include <array>

#include "services/cloudformation/resource_type.h"
#include "services/cloudformation/types/cloudwatch/alarms.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"ActionsEnabled"},
    {"ActionsSuppressor"},
    {"ActionsSuppressorExtensionPeriod"},
    {"ActionsSuppressorWaitPeriod"},
    {"AlarmActions"},
    {"AlarmDescription"},
    {"AlarmName", On::kReplace},
    {"AlarmRule", On::kUpdate, kRequired},
    {"InsufficientDataActions"},
    {"OKActions"},
    {"Tags"},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Arn"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"AlarmName"};

constexpr std::string_view kPut = "PutCompositeAlarm";

void create(Doing& doing) { create_alarm(doing, kPut); }
void update(Doing& doing) { update_alarm(doing, kPut); }

void read(Doing& doing) { read_alarm(doing, "CompositeAlarms"); }

bool find(Doing& doing) { return find_alarm(doing, "CompositeAlarms"); }

}  // namespace

extern const ResourceType cloudwatch_composite_alarm;
const ResourceType cloudwatch_composite_alarm{.name = "AWS::CloudWatch::CompositeAlarm",
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

#include <array>

#include "services/cloudformation/resource_type.h"

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

void put(Doing& doing, const std::string& name, bool is_new) {
  Json in = doing.wanted;
  in.erase("Tags");
  if (is_new && !doing.tags().empty()) in["Tags"] = doing.tags();
  in["AlarmName"] = name;
  doing.call("monitoring", "PutCompositeAlarm", std::move(in));
}

void create(Doing& doing) {
  const std::string name = doing.name("AlarmName", {.characters_max = 255});
  put(doing, name, true);
  doing.physical = name;
  doing.attributes["Arn"] = fmt::format("arn:aws:cloudwatch:{}:{}:alarm:{}", doing.where().region.str(), doing.where().account.str(), name);
}

void update(Doing& doing) {
  put(doing, doing.physical, false);
  retag(doing, {.service = "monitoring", .id_member = "ResourceARN"}, doing.attributes.value("Arn", ""));
}

void remove(Doing& doing) {
  doing.call_unless({"ResourceNotFound", "ResourceNotFoundException"}, "monitoring", "DeleteAlarms", {{"AlarmNames", {doing.physical}}});
}

}  // namespace

extern const ResourceType cloudwatch_composite_alarm;
const ResourceType cloudwatch_composite_alarm{.name = "AWS::CloudWatch::CompositeAlarm",
                                              .properties = kProperties,
                                              .create = create,
                                              .update = update,
                                              .remove = remove,
                                              .name_property = "AlarmName",
                                              .attributes = kAttributes};

}  // namespace cairn::cloudformation

#include <array>

#include "api/operation.h"
#include "api/system_tags.h"
#include "services/monitoring/alarm.h"
#include "services/monitoring/errors.h"
#include "services/monitoring/tag_set.h"

/// Tags of alarms.
namespace cairn::cloudwatch {
namespace {

Alarm alarm_of_arn(api::Call& call) {
  const std::string arn = call.in.at("ResourceARN").get<std::string>();
  const std::string own = fmt::format("arn:aws:cloudwatch:{}:{}:alarm:", call.region.str(), call.account.str());
  std::optional<Alarm> alarm;
  if (arn.starts_with(own)) alarm = find_alarm(call, arn.substr(own.size()));
  if (!alarm) throw Error(kNotFoundException, "The resource {} does not exist.", arn);
  return std::move(*alarm);
}

void list_tags_for_resource(api::Call& call) {
  call.out["Tags"] = Json::array();
  for (const auto& [key, value] : alarm_of_arn(call).tags) call.out["Tags"].push_back({{"Key", key}, {"Value", value}});
}

void tag_resource(api::Call& call) {
  Alarm alarm = alarm_of_arn(call);
  add_tags(call, alarm.tags, call.in.at("Tags"));
  put_alarm(*call.state, alarm);
}

void untag_resource(api::Call& call) {
  Alarm alarm = alarm_of_arn(call);
  for (const Json& key : call.in.at("TagKeys")) {
    if (!api::may_set_tag(call, key.get_ref<const std::string&>()))
      throw Error(kInvalidValue, "Tag keys starting with aws: are reserved for AWS.");
    alarm.tags.erase(key.get<std::string>());
  }
  put_alarm(*call.state, alarm);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListTagsForResource", list_tags_for_resource},
    {"TagResource", tag_resource},
    {"UntagResource", untag_resource},
});

}  // namespace
}  // namespace cairn::cloudwatch

namespace cairn::services {
extern const api::Family monitoring_tags;
const api::Family monitoring_tags{.service = "monitoring", .operations = cloudwatch::kOperations};
}  // namespace cairn::services

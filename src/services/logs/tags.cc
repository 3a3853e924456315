#include <array>

#include "api/operation.h"
#include "api/system_tags.h"
#include "services/logs/errors.h"
#include "services/logs/group.h"

/// Tags of log groups, by both of the interfaces that AWS has for them.
namespace cairn::logs_service {
namespace {

constexpr size_t kTagsMax = 50;

Group group_of_arn(api::Call& call) { return open_group(call, name_of_arn(call, call.in.at("resourceArn").get<std::string>())); }
Group group_of_name(api::Call& call) { return open_group(call, call.in.at("logGroupName").get<std::string>()); }

void add(api::Call& call, Group group, const ErrorKind& too_many) {
  take_tags(call, group);
  if (api::counted_tags(group.tags) > kTagsMax) throw Error(too_many, "A resource can have at most {} tags.", kTagsMax);
  put_group(call, group);
}

void remove(api::Call& call, Group group, std::string_view member) {
  for (const Json& key : call.in.at(member)) {
    check_tag(call, key.get_ref<const std::string&>());
    group.tags.erase(key.get<std::string>());
  }
  put_group(call, group);
}

void show(api::Call& call, const Group& group) {
  call.out["tags"] = Json::object();
  for (const auto& [key, value] : group.tags) call.out["tags"][key] = value;
}

void tag_resource(api::Call& call) { add(call, group_of_arn(call), kTooManyTags); }
void untag_resource(api::Call& call) { remove(call, group_of_arn(call), "tagKeys"); }
void list_tags_for_resource(api::Call& call) { show(call, group_of_arn(call)); }
void tag_log_group(api::Call& call) { add(call, group_of_name(call), kInvalidParameter); }
void untag_log_group(api::Call& call) { remove(call, group_of_name(call), "tags"); }
void list_tags_log_group(api::Call& call) { show(call, group_of_name(call)); }

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListTagsForResource", list_tags_for_resource},
    {"ListTagsLogGroup", list_tags_log_group},
    {"TagLogGroup", tag_log_group},
    {"TagResource", tag_resource},
    {"UntagLogGroup", untag_log_group},
    {"UntagResource", untag_resource},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_tags;
const api::Family logs_tags{.service = "logs", .operations = logs_service::kOperations};
}  // namespace cairn::services

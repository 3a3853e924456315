#include <array>

#include "api/operation.h"
#include "api/system_tags.h"
#include "services/kms/access.h"
#include "services/kms/key.h"
#include "services/kms/page.h"
#include "services/kms/tag_set.h"

namespace cairn::kms {
namespace {

constexpr size_t kListed = 50, kListedMax = 50;

void tag_resource(api::Call& call) {
  const Key key = open_key(call, {.action = "TagResource", .more = describe_tags(call.in["Tags"])});
  check_not_pending(key);
  Tags tags = read_tags(*call.state, key);
  add_tags(call, call.in["Tags"], tags);
  write_tags(*call.state, key, tags);
  answer_nothing(call, key);
}

void untag_resource(api::Call& call) {
  ConditionKeys conditions;
  for (const Json& name : call.in["TagKeys"]) conditions.emplace_back("aws:TagKeys", name.get<std::string>());
  const Key key = open_key(call, {.action = "UntagResource", .more = conditions});
  check_not_pending(key);
  Tags tags = read_tags(*call.state, key);
  for (const Json& name : call.in["TagKeys"]) {
    if (!api::may_set_tag(call, name.get_ref<const std::string&>())) throw Error(kTag, "Tags beginning with aws: are reserved");
    tags.erase(name.get<std::string>());
  }
  write_tags(*call.state, key, tags);
  answer_nothing(call, key);
}

void list_resource_tags(api::Call& call) {
  const Key key = open_key(call, {.action = "ListResourceTags"});
  const Tags all = read_tags(*call.state, key);
  const std::vector<std::pair<std::string, std::string>> tags(all.begin(), all.end());
  call.out["Tags"] = Json::array();
  each_of_page(call, tags.size(), kListed, kListedMax, [&](size_t i) {
    call.out["Tags"].push_back({{"TagKey", tags[i].first}, {"TagValue", tags[i].second}});
  });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListResourceTags", list_resource_tags},
    {"TagResource", tag_resource},
    {"UntagResource", untag_resource},
});

}  // namespace
}  // namespace cairn::kms

namespace cairn::services {
extern const api::Family kms_tags;
const api::Family kms_tags{.service = "kms", .operations = kms::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

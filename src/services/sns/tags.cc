#include <array>

#include "api/operation.h"
#include "api/system_tags.h"
#include "services/sns/errors.h"
#include "services/sns/tag_set.h"
#include "services/sns/topic.h"

/// Tags of topics.
namespace cairn::sns {
namespace {

Topic open_resource(api::Call& call, std::string_view action) {
  try {
    return open_topic(call, topic_of(call, "ResourceArn"), action);
  } catch (const Error& refusal) {
    if (refusal.kind.code == kNotFound.code) throw Error(kResourceNotFound, "Resource does not exist");
    throw;
  }
}

void tag_resource(api::Call& call) {
  Topic topic = open_resource(call, "TagResource");
  add_tags(call, call.in["Tags"], topic.tags);
  put_topic(call, topic);
}

void untag_resource(api::Call& call) {
  Topic topic = open_resource(call, "UntagResource");
  for (const Json& key : call.in["TagKeys"]) {
    if (!api::may_set_tag(call, key.get_ref<const std::string&>())) throw invalid("TagKeys", "tags that begin with aws: are reserved");
    topic.tags.erase(key.get<std::string>());
  }
  put_topic(call, topic);
}

void list_tags(api::Call& call) {
  const Topic topic = open_resource(call, "ListTagsForResource");
  call.out["Tags"] = Json::array();
  for (const auto& [key, value] : topic.tags) call.out["Tags"].push_back({{"Key", key}, {"Value", value}});
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListTagsForResource", list_tags},
    {"TagResource", tag_resource},
    {"UntagResource", untag_resource},
});

}  // namespace
}  // namespace cairn::sns

namespace cairn::services {
extern const api::Family sns_tags;
const api::Family sns_tags{.service = "sns", .operations = sns::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

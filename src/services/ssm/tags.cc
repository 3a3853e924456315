#include <array>

#include "api/operation.h"
#include "api/system_tags.h"
#include "services/ssm/errors.h"
#include "services/ssm/parameter.h"
#include "services/ssm/tag_set.h"

/// Tags of parameters.
namespace cairn::ssm {
namespace {

Parameter open(api::Call& call, std::string_view action) {
  const std::string type = call.in.at("ResourceType").get<std::string>();
  const ParameterName name{call.account, call.region, call.in.at("ResourceId").get<std::string>()};
  require(call, action, name);
  if (type != "Parameter") throw Error(aws::kNotImplemented, "Resources of the type {} are not implemented.", type);
  std::optional<Parameter> parameter = find_parameter(*call.state, name);
  if (!parameter) throw Error(kInvalidResourceId, "");
  return std::move(*parameter);
}

/// Differs from AWS: parameters alone.
void add_tags_to_resource(api::Call& call) {
  Parameter parameter = open(call, "AddTagsToResource");
  add_tags(call, call.in.at("Tags"), parameter.tags);
  put_parameter(*call.state, parameter);
}

/// Differs from AWS: see AddTagsToResource.
void remove_tags_from_resource(api::Call& call) {
  Parameter parameter = open(call, "RemoveTagsFromResource");
  for (const Json& key : call.in.at("TagKeys")) {
    if (!api::may_set_tag(call, key.get_ref<const std::string&>())) throw Error(aws::kValidation, "Tag keys must not begin with aws:.");
    parameter.tags.erase(key.get<std::string>());
  }
  put_parameter(*call.state, parameter);
}

/// Differs from AWS: see AddTagsToResource.
void list_tags_for_resource(api::Call& call) {
  const Parameter parameter = open(call, "ListTagsForResource");
  Json& tags = call.out["TagList"] = Json::array();
  for (const auto& [key, value] : parameter.tags) tags.push_back({{"Key", key}, {"Value", value}});
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"AddTagsToResource", add_tags_to_resource},
    {"ListTagsForResource", list_tags_for_resource},
    {"RemoveTagsFromResource", remove_tags_from_resource},
});

}  // namespace
}  // namespace cairn::ssm

namespace cairn::services {
extern const api::Family ssm_tags;
const api::Family ssm_tags{.service = "ssm", .operations = ssm::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

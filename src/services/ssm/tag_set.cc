#include "services/ssm/tag_set.h"

#include "api/system_tags.h"
#include "base/text.h"
#include "services/ssm/errors.h"

namespace cairn::ssm {

void add_tags(const api::Call& call, const Json& list, std::map<std::string, std::string>& tags) {
  constexpr size_t kTagsMax = 50;
  for (const Json& tag : list) {
    const std::string key = tag.at("Key").get<std::string>();
    if (!api::may_set_tag(call, key)) throw Error(aws::kValidation, "Tag keys must not begin with aws:.");
    tags[key] = tag.at("Value").get<std::string>();
  }
  if (api::counted_tags(tags) > kTagsMax) throw Error(kTooManyTags, "");
}

}  // namespace cairn::ssm

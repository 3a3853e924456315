#include "services/monitoring/tag_set.h"

#include "api/system_tags.h"
#include "base/text.h"
#include "services/monitoring/errors.h"

namespace cairn::cloudwatch {

namespace {
constexpr size_t kTagsMax = 50;
}

void add_tags(const api::Call& call, std::map<std::string, std::string>& tags, const Json& added) {
  for (const Json& tag : added) {
    const std::string key = tag.at("Key").get<std::string>();
    if (!api::may_set_tag(call, key)) throw Error(kInvalidValue, "Tag keys starting with aws: are reserved for AWS.");
    tags[key] = tag.at("Value").get<std::string>();
  }
  if (api::counted_tags(tags) > kTagsMax) throw Error(kInvalidValue, "A resource can have at most {} tags.", kTagsMax);
}

}  // namespace cairn::cloudwatch

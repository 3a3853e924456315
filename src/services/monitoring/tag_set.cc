#include "services/monitoring/tag_set.h"

#include "base/text.h"
#include "services/monitoring/errors.h"

namespace cairn::cloudwatch {

namespace {
constexpr size_t kTagsMax = 50;
}

void add_tags(std::map<std::string, std::string>& tags, const Json& added) {
  for (const Json& tag : added) {
    const std::string key = tag.at("Key").get<std::string>();
    if (text::lower(key).starts_with("aws:")) throw Error(kInvalidValue, "Tag keys starting with aws: are reserved for AWS.");
    tags[key] = tag.at("Value").get<std::string>();
  }
  if (tags.size() > kTagsMax) throw Error(kInvalidValue, "A resource can have at most {} tags.", kTagsMax);
}

}  // namespace cairn::cloudwatch

#include "services/sns/tag_set.h"

#include <set>

#include "api/system_tags.h"
#include "base/text.h"
#include "services/sns/errors.h"

namespace cairn::sns {
namespace {

constexpr size_t kTagsMax = 50, kKeyCharactersMax = 128, kValueCharactersMax = 256;

}  // namespace

void add_tags(const api::Call& call, const Json& list, std::map<std::string, std::string>& tags) {
  std::set<std::string> seen;
  for (const Json& tag : list) {
    const std::string key = tag.value("Key", ""), value = tag.value("Value", "");
    if (key.empty() || text::code_points(key) > kKeyCharactersMax || text::code_points(value) > kValueCharactersMax) throw invalid("Tags");
    if (!api::may_set_tag(call, key)) throw invalid("Tags", "tags that begin with aws: are reserved");
    if (!seen.insert(key).second) throw invalid("Duplicated keys are not allowed.");
    tags[key] = value;
  }
  if (api::counted_tags(tags) > kTagsMax) throw Error(kTagLimit, "Could not complete request: tag quota of per resource exceeded");
}

}  // namespace cairn::sns

#include "services/kms/tag_set.h"

#include <set>

#include "api/system_tags.h"
#include "base/text.h"
#include "services/kms/documents.h"

namespace cairn::kms {
namespace {

constexpr size_t kTagsMax = 50;

}  // namespace

Tags read_tags(state::Transaction& state, const Key& key) {
  const std::optional<std::string> document = state.get(documents::tags(key.id));
  return document ? json::parse(*document).value().get<Tags>() : Tags();
}

void write_tags(state::Transaction& state, const Key& key, const Tags& tags) {
  if (tags.empty()) return state.erase(documents::tags(key.id));
  state.put(documents::tags(key.id), json::dump(Json(tags)));
}

void add_tags(const api::Call& call, const Json& list, Tags& tags) {
  std::set<std::string> seen;
  for (const Json& tag : list) {
    const std::string name = tag.value("TagKey", "");
    if (!api::may_set_tag(call, name)) throw Error(kTag, "Tags beginning with aws: are reserved");
    if (!seen.insert(name).second) throw Error(kTag, "Duplicate tag keys");
    tags[name] = tag.value("TagValue", "");
  }
  if (api::counted_tags(tags) > kTagsMax) throw Error(kTag, "Too many tags");
}

}  // namespace cairn::kms

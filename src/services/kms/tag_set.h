#pragma once
#include <map>
#include <string>

#include "api/call.h"
#include "base/json.h"
#include "services/kms/key.h"

namespace cairn::kms {

using Tags = std::map<std::string, std::string>;

Tags read_tags(state::Transaction& state, const Key& key);
void write_tags(state::Transaction& state, const Key& key, const Tags& tags);
/// Adds a TagList, or puts its values in place of those before. Throws TagException.
void add_tags(const api::Call& call, const Json& list, Tags& tags);

}  // namespace cairn::kms

#pragma once
#include <map>
#include <string>

#include "api/call.h"
#include "base/json.h"

namespace cairn::sns {

/// Adds a request's list of Key and Value. Throws InvalidParameter, TagLimitExceeded.
void add_tags(const api::Call& call, const Json& list, std::map<std::string, std::string>& tags);

}  // namespace cairn::sns

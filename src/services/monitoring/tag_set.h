#pragma once
#include <map>
#include <string>

#include "api/call.h"
#include "base/json.h"

namespace cairn::cloudwatch {

/// [{Key, Value}] added to what is there. Throws for too many, or keys that AWS reserves.
void add_tags(const api::Call& call, std::map<std::string, std::string>& tags, const Json& added);

}  // namespace cairn::cloudwatch

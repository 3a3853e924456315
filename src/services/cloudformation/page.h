#pragma once
#include <functional>
#include <string>

#include "api/call.h"

namespace cairn::cloudformation {

/// The documents below `prefix` in order, a page by NextToken: `each` gets what follows the prefix, and the document.
void each_of_page(api::Call& call, const std::string& prefix, const std::function<void(const std::string&, const std::string&)>& each);

}  // namespace cairn::cloudformation

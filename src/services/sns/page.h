#pragma once
#include <functional>
#include <string>

#include "api/call.h"

namespace cairn::sns {

constexpr size_t kPageItems = 100;  // as on AWS

/// One page of the documents below `prefix`, by the call's NextToken, which it puts into the answer if there is more. `each` gets the key
/// without the prefix, and the document. Throws InvalidParameter.
void each_of_page(api::Call& call, const std::string& prefix, const std::function<void(const std::string&, const std::string&)>& each);

}  // namespace cairn::sns

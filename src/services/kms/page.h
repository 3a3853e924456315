#pragma once
#include <functional>
#include <string>

#include "api/call.h"
#include "state/store.h"

namespace cairn::kms {

/// One page of the documents that start with `prefix`, by the call's Limit and Marker; puts Truncated and NextMarker into the answer.
/// Keys come without the prefix. `limit`: if the call gives none; `limit_max`: refused beyond.
std::vector<state::Item> list_page(api::Call& call, const std::string& prefix, size_t limit, size_t limit_max);

/// The same of a list that is there as a whole, `size` long: calls `each` with the indices of the page.
void each_of_page(api::Call& call, size_t size, size_t limit, size_t limit_max, const std::function<void(size_t)>& each);

}  // namespace cairn::kms

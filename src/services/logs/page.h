#pragma once
#include <functional>
#include <string>

#include "api/call.h"
#include "state/store.h"

namespace cairn::logs_service {

constexpr size_t kListedMax = 50;  // in one answer, also if the call asks for no number

/// One page of the documents below `folder` whose names start with `prefix`, by the call's nextToken and its limit, or `most`; the next
/// token goes into the answer. Calls `f(document)`; false: it does not count. Throws InvalidParameterException for a token that is none.
void each_of_page(api::Call& call, const std::string& folder, const std::string& prefix,
                  const std::function<bool(const std::string& document)>& f, size_t most = kListedMax);

size_t limit_of(const api::Call& call, size_t otherwise);

}  // namespace cairn::logs_service

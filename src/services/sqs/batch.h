#pragma once
#include <functional>

#include "api/call.h"

namespace cairn::sqs {

/// Does `one` for each entry of a batch: what it returns is the entry's success, what it throws of aws::Error its failure. Throws before
/// that what is wrong with the batch as a whole.
void for_each_entry(api::Call& call, const std::function<Json(const Json& entry)>& one);
void check_entries(const api::Call& call);  // the same checks alone

}  // namespace cairn::sqs

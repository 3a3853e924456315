#pragma once
#include <functional>
#include <string>

#include "services/sqs/queue.h"

namespace cairn::sqs {

/// Calls `show` for the account's queues in the call's region whose names begin with `prefix`, from the call's NextToken on, until
/// MaxResults of them were shown (it returns whether one was), and answers the next token.
void each_of_page(api::Call& call, const aws::AccountId& account, const std::string& prefix, const std::function<bool(const Queue&)>& show);

}  // namespace cairn::sqs

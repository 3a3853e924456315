#pragma once
#include "services/sqs/queue.h"

namespace cairn::sqs {

/// Throws InvalidParameterValue: too many, too long, or of AWS's own.
void add_tags(const api::Call& call, Queue& queue, const Json& tags);

}  // namespace cairn::sqs

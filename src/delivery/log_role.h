#pragma once
#include "aws/principal.h"
#include "base/result.h"
#include "base/time.h"
#include "delivery/trail.h"
#include "state/store.h"

namespace cairn::delivery {

/// CloudTrail in the role that a trail names for its log group: whom its calls to CloudWatch Logs come from. Fails, for a person, if the
/// role is not there or does not trust cloudtrail.amazonaws.com on behalf of the trail.
Result<aws::Principal> take_on_log_role(state::Transaction& state, const Trail& trail, Time now);

}  // namespace cairn::delivery

#pragma once
#include "api/authorize.h"

namespace cairn::api {

/// IAM's part of demands.h: its resources are looked up, as their ARNs have paths, and its refusals name them in prose: "user alice".
Demand iam_demand(const Call& call);

}  // namespace cairn::api

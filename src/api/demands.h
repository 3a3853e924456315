#pragma once
#include <vector>

#include "api/authorize.h"

namespace cairn::api {

/// What a call's operation needs, by the tables of demands.cc: an action, and the resource that its parameters name, several where they
/// name several. Empty: nothing at all. Parameters are as the client sent them, not validated.
std::vector<Demand> demands_of(const Call& call);

}  // namespace cairn::api

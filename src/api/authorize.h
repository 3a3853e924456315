#pragma once
#include "api/call.h"

namespace cairn::api {

/// May this principal make this call at all? Throws AccessDenied. Resource policies are asked where the resource is known.
void authorize(const Call& call);

}  // namespace cairn::api

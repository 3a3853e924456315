#pragma once
#include "template/program.h"

namespace cairn::cfn {

/// Puts the answers of `surroundings` in the place of all "{{resolve:service:key}}" in the strings of `value`. The failure is the first
/// one.
Result<void> resolve_dynamic_references(Json& value, Surroundings& surroundings);

}  // namespace cairn::cfn

#pragma once
#include "template/evaluator.h"

namespace cairn::cfn {

constexpr size_t kLoopDepthMax = 5;

/// The template with every Fn::ForEach in its Conditions, Resources and Outputs written out. Refuses more than kNodesMax values or
/// kBytesMax bytes.
Node expand_loops(const Scope& scope);

}  // namespace cairn::cfn

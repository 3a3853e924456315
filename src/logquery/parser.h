#pragma once
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logquery/refusal.h"
#include "logquery/syntax.h"

namespace cairn::logquery {

constexpr size_t kNestingMax = 64;     // of expressions
constexpr size_t kLimitMax = 100'000;  // rows

/// Reads a query; what its names mean is looked at later (compile.h). Any bytes give commands or a refusal.
Result<std::vector<Command>, Refusal> parse(std::string_view query);
/// The same of an expression by itself.
Result<Expression, Refusal> parse_expression(std::string_view text);

}  // namespace cairn::logquery

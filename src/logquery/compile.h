#pragma once
#include <memory>
#include <string_view>

#include "base/result.h"
#include "logquery/plan.h"
#include "logquery/refusal.h"

namespace cairn::logquery {

constexpr size_t kRegexMax = 32;           // in one query
constexpr int64_t kRegexMemory = 2 << 20;  // bytes that matching one may take
constexpr size_t kStatsMax = 10;           // stats commands
constexpr size_t kColumnsMax = 1000;       // that one query may name

Result<std::unique_ptr<const Plan>, Refusal> compile(std::string_view query);

}  // namespace cairn::logquery

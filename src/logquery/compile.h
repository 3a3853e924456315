#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logquery/plan.h"
#include "logquery/refusal.h"
#include "logquery/syntax.h"

namespace cairn::logquery {

constexpr size_t kRegexMax = 32;           // in one query
constexpr int64_t kRegexMemory = 2 << 20;  // bytes that matching one may take
constexpr size_t kStatsMax = 10;           // stats commands
constexpr size_t kColumnsMax = 1000;       // that one query may name

Result<std::unique_ptr<const Plan>, Refusal> compile(std::string_view query);

/// What an expression by itself may say beside what one within a query says.
struct Dialect {
  /// Names of what is known of an event but stands nowhere in it. Each has any number of values: what is said of one is said of any of
  /// them; what is not so holds for none.
  std::vector<std::string> words;
  bool free_text = false;  // a text where a condition is expected: the event contains it, in any case of its letters
};
/// One stage with one step, whose node the expression is.
Result<std::unique_ptr<const Plan>, Refusal> compile(const Expression& expression, std::string_view text, const Dialect& dialect);

}  // namespace cairn::logquery

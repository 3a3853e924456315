#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cairn::cloudwatch {

/// A metric-math expression, read. Operators are functions of their names: "+", "<=", "AND", "NEG".
struct Expression {
  enum class Kind { kNumber, kText, kId, kCall, kList };
  Kind kind = Kind::kNumber;
  double number = 0;
  std::string name;  // of an id or a function (in capitals); the text
  std::vector<Expression> parts;

  static constexpr size_t kDepthMax = 50;
};

struct ExpressionError {
  std::string message;
  size_t offset = 0;
};
/// Total: any text gives an expression or an error.
Result<Expression, ExpressionError> read_expression(std::string_view text);

/// Calls `f` for every id in it.
template <class F>
void each_id(const Expression& expression, F&& f) {
  if (expression.kind == Expression::Kind::kId) f(expression.name);
  for (const Expression& part : expression.parts) each_id(part, f);
}
bool calls(const Expression& expression, std::string_view function);

}  // namespace cairn::cloudwatch

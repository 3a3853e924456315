#include "services/monitoring/expression.h"

#include <algorithm>
#include <charconv>

namespace cairn::cloudwatch {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string capitals(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expression whole() {
    Expression expression = either();
    blanks();
    if (at_ != text_.size()) fail("unexpected text");
    return expression;
  }

 private:
  [[noreturn]] void fail(std::string message) const { throw ExpressionError{std::move(message), at_}; }

  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  char peek() {
    blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(std::string_view symbol) {
    blanks();
    if (!text_.substr(at_).starts_with(symbol)) return false;
    at_ += symbol.size();
    return true;
  }
  bool take_word(std::string_view word) {
    blanks();
    if (capitals(text_.substr(at_, word.size())) != word) return false;
    const size_t end = at_ + word.size();
    if (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) return false;
    at_ = end;
    return true;
  }
  static Expression apply(std::string name, std::vector<Expression> parts) {
    return {.kind = Expression::Kind::kCall, .number = 0, .name = std::move(name), .parts = std::move(parts)};
  }
  Expression apply_two(std::string name, Expression a, Expression b) {
    if (++operators_ > kOperatorsMax) fail("the expression is too long");
    std::vector<Expression> parts;
    parts.push_back(std::move(a));
    parts.push_back(std::move(b));
    return apply(std::move(name), std::move(parts));
  }

  Expression either() {
    Expression left = both();
    while (take("||") || take_word("OR")) left = apply_two("OR", std::move(left), both());
    return left;
  }
  Expression both() {
    Expression left = compared();
    while (take("&&") || take_word("AND")) left = apply_two("AND", std::move(left), compared());
    return left;
  }
  Expression compared() {
    Expression left = sum();
    for (;;) {
      bool found = false;
      for (const char* op : {"==", "!=", "<=", ">=", "<", ">"}) {
        if (!take(op)) continue;
        left = apply_two(op, std::move(left), sum());
        found = true;
        break;
      }
      if (!found) return left;
    }
  }
  Expression sum() {
    Expression left = product();
    for (;;) {
      if (take("+")) left = apply_two("+", std::move(left), product());
      else if (take("-")) left = apply_two("-", std::move(left), product());
      else return left;
    }
  }
  Expression product() {
    Expression left = power();
    for (;;) {
      if (take("*")) left = apply_two("*", std::move(left), power());
      else if (take("/")) left = apply_two("/", std::move(left), power());
      else return left;
    }
  }
  Expression power() {
    Expression left = one();
    if (take("^")) return apply_two("^", std::move(left), deeper(&Parser::power));
    return left;
  }

  template <class F>
  Expression deeper(F inner) {
    if (++depth_ > Expression::kDepthMax) fail("the expression is nested too deeply");
    Expression expression = (this->*inner)();
    --depth_;
    return expression;
  }

  Expression one() {
    const char c = peek();
    if (take("-")) {
      std::vector<Expression> parts;
      parts.push_back(deeper(&Parser::one));
      return apply("NEG", std::move(parts));
    }
    if (take("(")) {
      Expression inner = deeper(&Parser::either);
      if (!take(")")) fail("a closing parenthesis is missing");
      return inner;
    }
    if (take("[")) {
      Expression list{.kind = Expression::Kind::kList, .number = 0, .name = {}, .parts = items("]")};
      return list;
    }
    if (c == '"' || c == '\'') return quoted(c);
    if (is_digit(c) || c == '.') return number();
    if (!is_letter(c)) fail("an operand is missing");
    const size_t begin = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (take("(")) return apply(capitals(word), items(")"));
    return {.kind = Expression::Kind::kId, .number = 0, .name = std::string(word), .parts = {}};
  }

  std::vector<Expression> items(std::string_view end) {
    std::vector<Expression> found;
    if (take(end)) return found;
    do {
      if (++operators_ > kOperatorsMax) fail("the expression is too long");
      found.push_back(deeper(&Parser::either));
    } while (take(","));
    if (!take(end)) fail(std::string("a ") + std::string(end) + " is missing");
    return found;
  }

  Expression quoted(char quote) {
    const size_t begin = ++at_, end = text_.find(quote, begin);
    if (end == std::string_view::npos) fail("a closing quote is missing");
    at_ = end + 1;
    return {.kind = Expression::Kind::kText, .number = 0, .name = std::string(text_.substr(begin, end - begin)), .parts = {}};
  }

  Expression number() {
    Expression expression;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), expression.number);
    if (error != std::errc()) fail("a number is malformed");
    at_ = static_cast<size_t>(end - text_.data());
    return expression;
  }

  static constexpr size_t kOperatorsMax = 1000;
  std::string_view text_;
  size_t at_ = 0, depth_ = 0, operators_ = 0;
};

}  // namespace

Result<Expression, ExpressionError> read_expression(std::string_view text) {
  try {
    return Parser(text).whole();
  } catch (const ExpressionError& error) {
    return tl::unexpected(error);
  }
}

bool calls(const Expression& expression, std::string_view function) {
  if (expression.kind == Expression::Kind::kCall && expression.name == function) return true;
  return std::ranges::any_of(expression.parts, [&](const Expression& part) { return calls(part, function); });
}

}  // namespace cairn::cloudwatch

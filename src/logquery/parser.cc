#include "logquery/parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "logquery/lexer.h"

namespace cairn::logquery {
namespace {

using Kind = Expression::Kind;

constexpr std::string_view kReserved[] = {"and", "as", "by", "in", "like", "not", "or"};
/// Commands of AWS's that are not here.
constexpr std::string_view kMissing[] = {"addtotals", "anomaly", "diff",           "expand", "filterindex", "join",
                                         "lookup",    "pattern", "relevantfields", "source", "unmask"};

bool is_one_of(const Token& token, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return token.is_word(word); });
}

/// By recursive descent. Failures are thrown within this file alone: they may come from any depth.
class Parser {
 public:
  explicit Parser(std::string_view query) : lexer_(query) {}

  std::vector<Command> query() {
    std::vector<Command> commands;
    do commands.push_back(command());
    while (take("|"));
    expect_end();
    return commands;
  }
  Expression lone_expression() {
    Expression all = expression();
    expect_end();
    return all;
  }

 private:
  template <class T>
  static T value(Result<T, Refusal> result) {
    if (!result) throw std::move(result.error());
    return std::move(*result);
  }
  Token peek() { return value(lexer_.peek()); }
  Token next() {
    Token token = value(lexer_.next());
    last_end_ = token.end;
    return token;
  }
  [[noreturn]] void unexpected(const Token& token) { throw lexer_.unexpected(token); }

  bool take(std::string_view symbol) {
    if (!peek().is(symbol)) return false;
    next();
    return true;
  }
  bool take_word(std::string_view word) {
    if (!peek().is_word(word)) return false;
    next();
    return true;
  }
  void expect(std::string_view symbol) {
    const Token token = next();
    if (!token.is(symbol)) unexpected(token);
  }
  void expect_end() {
    const Token token = next();
    if (token.kind != Token::Kind::kEnd) unexpected(token);
  }
  std::string name() {
    const Token token = next();
    if (token.kind != Token::Kind::kName || is_one_of(token, kReserved)) unexpected(token);
    return token.text;
  }
  std::optional<Token> regex() {
    std::optional<Token> found = value(lexer_.regex());
    if (found) last_end_ = found->end;
    return found;
  }

  Command command() {
    const Token word = next();
    Command command{.begin = word.begin, .end = word.end};
    if (is_one_of(word, kMissing))
      throw Refusal{fmt::format("The command {} is not implemented.", text::lower(word.text)), word.begin, word.end, true};
    using Of = Command::Kind;
    if (word.is_word("fields")) {
      command.kind = Of::kFields;
      command.items = items();
    } else if (word.is_word("display")) {
      command.kind = Of::kDisplay;
      command.items = items();
    } else if (word.is_word("filter")) {
      command.kind = Of::kFilter;
      command.items = {{.expression = expression(), .name = {}}};
    } else if (word.is_word("parse")) {
      command.kind = Of::kParse;
      parse_command(command);
    } else if (word.is_word("stats")) {
      command.kind = Of::kStats;
      command.items = items();
      if (take_word("by")) command.by = items();
    } else if (word.is_word("sort")) {
      command.kind = Of::kSort;
      sort(command);
    } else if (word.is_word("limit")) {
      command.kind = Of::kLimit;
      limit(command);
    } else if (word.is_word("dedup")) {
      command.kind = Of::kDedup;
      command.items = items();
    } else if (word.is_word("unnest")) {
      command.kind = Of::kUnnest;
      command.items = {item()};
      const Token into = next();
      if (!into.is_word("into")) unexpected(into);
      command.names = {name()};
    } else {
      unexpected(word);
    }
    return command;
  }

  Item item() {
    Item item{.expression = expression(), .name = {}};
    item.has_alias = take_word("as");
    if (item.has_alias) item.name = name();
    else if (item.expression.kind == Kind::kName) item.name = item.expression.text;
    else item.name = lexer_.query().substr(item.expression.begin, item.expression.end - item.expression.begin);
    return item;
  }
  std::vector<Item> items() {
    std::vector<Item> all;
    do all.push_back(item());
    while (take(","));
    return all;
  }

  void parse_command(Command& command) {
    command.items = {{.expression = factor(), .name = {}}};  // a slash behind it is no division
    if (const std::optional<Token> expression = regex()) {
      command.pattern = expression->text;
      command.is_regex = true;
    } else {
      const Token glob = next();
      if (glob.is_word("logfmt") || glob.is_word("xml"))
        throw Refusal{fmt::format("parse {} is not implemented.", text::lower(glob.text)), glob.begin, glob.end, true};
      if (glob.kind != Token::Kind::kString) unexpected(glob);
      command.pattern = glob.text;
      if (!peek().is_word("as")) unexpected(next());
    }
    command.end = last_end_;
    if (!take_word("as")) return;
    do command.names.push_back(name());
    while (take(","));
  }

  void sort(Command& command) {
    do {
      command.items.push_back(item());
      const bool descending = take_word("desc");
      if (!descending) take_word("asc");
      command.descending.push_back(descending);
    } while (take(","));
  }

  void limit(Command& command) {
    command.any = take_word("any");
    const Token number = next();
    if (number.kind != Token::Kind::kNumber || number.text.find_first_not_of("0123456789") != std::string::npos) unexpected(number);
    if (number.number < 1 || number.number > static_cast<double>(kLimitMax))
      throw Refusal{fmt::format("limit must be between 1 and {}", kLimitMax), number.begin, number.end, false};
    command.limit = static_cast<size_t>(number.number);
  }

  // --- expressions, from what binds least to what binds most

  struct Deeper {
    Parser& parser;
    explicit Deeper(Parser& p) : parser(p) {
      if (++parser.depth_ > kNestingMax) parser.unexpected(parser.peek());
    }
    ~Deeper() { --parser.depth_; }
  };

  Expression joined(Kind kind, std::string text, std::vector<Expression> parts) {
    const size_t begin = parts.front().begin;
    return {.kind = kind, .text = std::move(text), .parts = std::move(parts), .begin = begin, .end = last_end_};
  }

  Expression expression() {
    const Deeper deeper(*this);
    return list_of(Kind::kOr, "or", [this] { return list_of(Kind::kAnd, "and", [this] { return negation(); }); });
  }
  template <class F>
  Expression list_of(Kind kind, std::string_view word, F&& part) {
    std::vector<Expression> parts;
    do parts.push_back(part());
    while (take_word(word));
    if (parts.size() == 1) return std::move(parts.front());
    return joined(kind, {}, std::move(parts));
  }
  Expression negation() {
    const Token token = peek();
    if (!token.is_word("not")) return comparison();
    const Deeper deeper(*this);
    next();
    Expression all{.kind = Kind::kNot, .parts = {negation()}, .begin = token.begin, .end = 0};
    all.end = last_end_;
    return all;
  }
  Expression negated(bool is_negated, Expression expression) {
    if (!is_negated) return expression;
    const size_t begin = expression.begin;
    Expression all{.kind = Kind::kNot, .parts = {}, .begin = begin, .end = last_end_};
    all.parts.push_back(std::move(expression));
    return all;
  }

  Expression comparison() {
    Expression left = sum();
    const Token token = peek();
    if (token.is("=~")) {
      next();
      std::optional<Token> expression = regex();
      if (!expression) unexpected(peek());
      return joined(Kind::kMatches, std::move(expression->text), one(std::move(left)));
    }
    for (const std::string_view symbol : {"=", "!=", "<", "<=", ">", ">="}) {
      if (!token.is(symbol)) continue;
      next();
      std::vector<Expression> parts = one(std::move(left));
      parts.push_back(sum());
      return joined(Kind::kCompare, std::string(symbol), std::move(parts));
    }
    const bool is_negated = token.is_word("not");
    if (!is_negated && !token.is_word("like") && !token.is_word("in")) return left;
    if (is_negated) next();
    const Token word = next();
    if (word.is_word("like")) {
      if (std::optional<Token> expression = regex())
        return negated(is_negated, joined(Kind::kMatches, std::move(expression->text), one(std::move(left))));
      const Token text = next();
      if (text.kind != Token::Kind::kString) unexpected(text);
      return negated(is_negated, joined(Kind::kLike, text.text, one(std::move(left))));
    }
    if (!word.is_word("in")) unexpected(word);
    expect("[");
    std::vector<Expression> parts = one(std::move(left));
    if (!peek().is("]")) {
      do parts.push_back(sum());
      while (take(","));
    }
    expect("]");
    return negated(is_negated, joined(Kind::kIn, {}, std::move(parts)));
  }

  static std::vector<Expression> one(Expression expression) {
    std::vector<Expression> parts;
    parts.push_back(std::move(expression));
    return parts;
  }

  template <class F>
  Expression chain(std::initializer_list<std::string_view> symbols, F&& part) {
    Expression all = part();
    for (size_t links = 0;; ++links) {
      const Token token = peek();
      const auto symbol = std::ranges::find_if(symbols, [&](std::string_view each) { return token.is(each); });
      if (symbol == symbols.end()) return all;
      if (links == kNestingMax) unexpected(token);  // each makes the tree one deeper
      next();
      std::vector<Expression> parts = one(std::move(all));
      parts.push_back(part());
      all = joined(Kind::kArith, std::string(*symbol), std::move(parts));
    }
  }
  Expression sum() {
    return chain({"+", "-"}, [this] { return chain({"*", "/", "%"}, [this] { return power(); }); });
  }
  Expression power() {
    Expression base = factor();
    if (!peek().is("^")) return base;
    const Deeper deeper(*this);
    next();
    std::vector<Expression> parts = one(std::move(base));
    parts.push_back(power());
    return joined(Kind::kArith, "^", std::move(parts));
  }

  Expression factor() {
    const Deeper deeper(*this);
    const Token token = next();
    Expression all{.begin = token.begin, .end = token.end};
    if (token.is("-")) {
      all.kind = Kind::kNegative;
      all.parts.push_back(factor());
      all.end = last_end_;
      return all;
    }
    if (token.is("(")) {
      all = expression();
      expect(")");
      all.begin = token.begin;
      all.end = last_end_;
      return all;
    }
    switch (token.kind) {
      case Token::Kind::kNumber:
        all.kind = Kind::kNumber;
        all.number = token.number;
        all.text = token.text;
        return all;
      case Token::Kind::kPeriod:
        all.kind = Kind::kPeriod;
        all.number = token.number;
        all.text = token.text;
        return all;
      case Token::Kind::kString:
        all.kind = Kind::kText;
        all.text = token.text;
        return all;
      case Token::Kind::kName:
        break;
      default:
        unexpected(token);
    }
    if (is_one_of(token, kReserved)) unexpected(token);
    all.text = token.text;
    if (token.quoted || !peek().is("(")) {
      all.kind = Kind::kName;
      return all;
    }
    all.kind = Kind::kCall;
    all.text = text::lower(token.text);
    next();
    if (!peek().is(")")) {
      do all.parts.push_back(argument());
      while (take(","));
    }
    expect(")");
    all.end = last_end_;
    return all;
  }

  Expression argument() {
    const Token token = peek();
    if (!token.is("*")) return expression();
    next();
    return {.kind = Kind::kStar, .begin = token.begin, .end = token.end};
  }

  Lexer lexer_;
  size_t last_end_ = 0;  // of what was taken last
  size_t depth_ = 0;
};

}  // namespace

Result<std::vector<Command>, Refusal> parse(std::string_view query) {
  try {
    return Parser(query).query();
  } catch (Refusal& refusal) {
    return tl::unexpected(std::move(refusal));
  }
}

Result<Expression, Refusal> parse_expression(std::string_view text) {
  try {
    return Parser(text).lone_expression();
  } catch (Refusal& refusal) {
    return tl::unexpected(std::move(refusal));
  }
}

}  // namespace cairn::logquery

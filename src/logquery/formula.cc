#include "logquery/formula.h"

#include <cstring>

#include <algorithm>
#include <iterator>
#include <span>

#include "logquery/parser.h"

namespace cairn::logquery {
namespace {

using Kind = Expression::Kind;

bool contains(std::string_view text, std::string_view part) {
  return memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

/// Stands in JSON as it is, unless who wrote that escapes what needs no escape.
bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

/// As `=` sees it, which compares numbers and truths by value.
bool is_number(std::string_view text) { return number_of(Value::of(text)).has_value(); }

/// A field of the event's JSON, or the event itself: not what else is known of it.
bool is_of_message(const Expression& e, const Dialect& dialect) {
  if (e.kind != Kind::kName || std::ranges::find(dialect.words, e.text) != dialect.words.end()) return false;
  return e.text == "@message" || e.text.starts_with("@@") || !e.text.starts_with('@');
}

/// Calls `f` for each condition that must hold for `e` to hold.
template <class F>
void each_conjunct(const Expression& e, F&& f) {
  if (e.kind != Kind::kAnd) return f(e);
  for (const Expression& part : e.parts) each_conjunct(part, f);
}

struct Equation {
  const Expression* name = nullptr;
  const Expression* literal = nullptr;
};
bool is_truth(const Expression& e) { return e.kind == Kind::kName && (e.text == "true" || e.text == "false"); }

/// `name = literal`, either way round, or `name in [literal]`.
Equation equation(const Expression& e) {
  if (!(e.kind == Kind::kCompare && e.text == "=") && !(e.kind == Kind::kIn && e.parts.size() == 2)) return {};
  for (const size_t side : {0, 1}) {
    const Expression &name = e.parts[side], &literal = e.parts[1 - side];
    if (name.kind == Kind::kName && !is_truth(name) && (literal.kind == Kind::kText || is_truth(literal))) return {&name, &literal};
  }
  return {};
}

using Hint = Formula::Hint;
constexpr size_t kHintTextsMax = 64;

/// Where JSON is written with escapes that nothing asks for, nothing is known.
std::optional<Hint> hint(std::vector<std::string> texts, bool is_raw) {
  Hint made{.any = std::move(texts), .weight = SIZE_MAX};
  bool has_slash = false;
  for (const std::string& text : made.any) {
    if (!is_plain(text)) return std::nullopt;
    made.weight = std::min(made.weight, text.size());
    has_slash = has_slash || text.find('/') != std::string::npos;
  }
  if (!is_raw) made.any.emplace_back("\\u");
  if (!is_raw && has_slash) made.any.emplace_back("\\/");
  return made;
}

std::optional<Hint> hint_of_free_text(const std::string& text) {
  std::optional<Hint> made = hint({text}, true);
  if (!made) return made;
  made->any_case = true;
  // What is no ASCII and still another case of one of its letters.
  if (text.find_first_of("kK") != std::string::npos) made->any.emplace_back("\xe2\x84\xaa");
  if (text.find_first_of("sS") != std::string::npos) made->any.emplace_back("\xc5\xbf");
  return made;
}

std::optional<Hint> hint_of(const Expression& e, const Dialect& dialect) {
  const auto of_texts = [&](const Expression& name, std::span<const Expression> literals) -> std::optional<Hint> {
    std::vector<std::string> texts;
    for (const Expression& literal : literals) {
      if (literal.kind != Kind::kText || is_number(literal.text)) return std::nullopt;
      texts.push_back(literal.text);
    }
    if (texts.empty() || texts.size() > kHintTextsMax || !is_of_message(name, dialect)) return std::nullopt;
    return hint(std::move(texts), name.text == "@message");
  };
  switch (e.kind) {
    case Kind::kText:
      return dialect.free_text ? hint_of_free_text(e.text) : std::nullopt;
    case Kind::kLike:
      if (!is_of_message(e.parts[0], dialect) || is_number(e.text)) return std::nullopt;
      return hint({e.text}, e.parts[0].text == "@message");
    case Kind::kIn:
      return of_texts(e.parts[0], std::span(e.parts).subspan(1));
    case Kind::kCompare: {
      const auto [name, literal] = equation(e);
      return name != nullptr ? of_texts(*name, {literal, 1}) : std::nullopt;
    }
    case Kind::kAnd: {
      std::optional<Hint> best;
      for (const Expression& part : e.parts)
        if (std::optional<Hint> one = hint_of(part, dialect); one && (!best || one->weight > best->weight)) best = std::move(one);
      return best;
    }
    case Kind::kOr: {
      Hint all{.weight = SIZE_MAX};
      for (const Expression& part : e.parts) {
        std::optional<Hint> one = hint_of(part, dialect);
        if (!one || all.any.size() + one->any.size() > kHintTextsMax) return std::nullopt;
        std::ranges::move(one->any, std::back_inserter(all.any));
        all.any_case = all.any_case || one->any_case;
        all.weight = std::min(all.weight, one->weight);
      }
      return all;
    }
    default:
      return std::nullopt;
  }
}

/// What every event has: the event itself, its time and the like.
bool looks_at_system(const Node& node) {
  if (node.op == Node::Op::kMember || (node.op == Node::Op::kSlot && node.slot < kSystemSlots)) return true;
  return std::ranges::any_of(node.parts, looks_at_system);
}

void collect_names(const Expression& e, std::vector<std::string>& names) {
  if (e.kind == Kind::kName && !is_truth(e) && std::ranges::find(names, e.text) == names.end()) names.push_back(e.text);
  for (const Expression& part : e.parts) collect_names(part, names);
}

}  // namespace

Result<Formula, Refusal> Formula::compile(std::string_view text, const Dialect& dialect) {
  const Result<Expression, Refusal> expression = parse_expression(text);
  if (!expression) return tl::unexpected(expression.error());
  auto plan = logquery::compile(*expression, text, dialect);
  if (!plan) return tl::unexpected(plan.error());
  Formula made;
  made.plan_ = std::move(*plan);
  each_conjunct(*expression, [&](const Expression& e) {
    if (std::optional<Hint> one = hint_of(e, dialect)) made.hints_.push_back(std::move(*one));
    const auto [name, literal] = equation(e);
    if (name == nullptr) return;
    if (is_truth(*literal)) {
      made.equalities_.push_back({name->text, literal->text == "true"});
      return;
    }
    const bool is_word = std::ranges::find(dialect.words, name->text) != dialect.words.end();
    if (literal->text.empty() || (!is_word && is_number(literal->text))) return;
    made.equalities_.push_back({name->text, literal->text});
  });
  collect_names(*expression, made.names_);
  made.is_of_names_alone_ = !looks_at_system(made.plan_->stages[0].steps[0].node);
  return made;
}

bool Formula::may_hold(std::string_view message) const {
  return std::ranges::all_of(hints_, [&](const Hint& hint) {
    if (hint.any_case) return true;  // the formula itself looks as fast
    return std::ranges::any_of(hint.any, [&](const std::string& text) { return contains(message, text); });
  });
}

}  // namespace cairn::logquery

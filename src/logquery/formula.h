#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "logquery/compile.h"
#include "logquery/evaluate.h"
#include "logquery/refusal.h"

namespace cairn::logquery {

/// One expression of the language by itself: what may stand behind `filter`, or as an item of `fields`. Immutable; any thread.
class Formula {
 public:
  static Result<Formula, Refusal> compile(std::string_view text, const Dialect& dialect = {});

  /// A field or word is this text, or this truth, wherever the formula holds.
  struct Equality {
    std::string name;
    std::variant<std::string, bool> value;
  };
  const std::vector<Equality>& equalities() const { return equalities_; }
  /// What it names, each once: fields and words.
  const std::vector<std::string>& names() const { return names_; }
  /// It looks at nothing else of an event: not at the event itself, its time and the like.
  bool is_of_names_alone() const { return is_of_names_alone_; }
  /// False: it surely does not hold for an event with this JSON, in which it looked for certain bytes alone.
  bool may_hold(std::string_view message) const;
  /// Of texts like these the JSON of every event for which it holds contains one.
  struct Hint {
    std::vector<std::string> any;
    bool any_case = false;  // of ASCII letters
    size_t weight = 0;      // bytes of the shortest: the longer, the rarer
  };
  const std::vector<Hint>& hints() const { return hints_; }

 private:
  friend class FormulaRun;
  std::shared_ptr<const Plan> plan_;
  std::vector<Equality> equalities_;
  std::vector<Hint> hints_;
  std::vector<std::string> names_;
  bool is_of_names_alone_ = false;
};

/// A formula at work. One thread.
class FormulaRun {
 public:
  FormulaRun(const Formula& formula, double started_seconds) : plan_(formula.plan_), row_(*plan_, started_seconds, nullptr) {}

  /// What a value's text views: the event, the formula, or this, until the next event.
  Value value(const Event& event) {
    row_.forgive();
    row_.begin(event);
    return row_.value(plan_->stages[0].steps[0].node);
  }
  bool holds(const Event& event) { return is_true(value(event)); }
  bool failed() const { return row_.failed(); }  // it made too much of an event

 private:
  const std::shared_ptr<const Plan> plan_;
  Row row_;
};

}  // namespace cairn::logquery

#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "logquery/plan.h"

namespace cairn::logquery {

constexpr size_t kEventRowsMax = 100'000;  // that unnest makes of one event

/// One event to be looked at.
struct Event {
  int64_t timestamp = 0, ingested = 0;  // milliseconds since 1970
  std::string_view log, stream, message;
  std::string_view account, region;
  uint64_t position = 0, index = 0;                           // which of the same time came later
  std::span<const std::vector<std::string_view>> words = {};  // of formulas: the values of each
};

/// The row that is being worked on, and what expressions make of it.
class Row {
 public:
  using Pointer = std::function<std::string(const Event&)>;
  Row(const Plan& plan, double started_seconds, Pointer pointer)
      : plan_(plan), started_seconds_(started_seconds), pointer_(std::move(pointer)), slots_(plan.slots), found_(plan.fields.size()) {}

  /// A new row: what an event is, which stands until the next, or nothing yet.
  void begin(const Event& event);
  void begin();

  Value value(const Node& node);
  bool holds(const Node& node) { return is_true(value(node)); }
  Value at(Slot slot);
  void set(Slot slot, const Value& value) { slots_[slot] = value; }
  /// The steps from `first` on; `f()` is called for each row that is left of this one: unnest makes several.
  template <class F>
  void take(const std::vector<Step>& steps, size_t first, F&& f);

  Arena& arena() { return arena_; }
  bool failed() const { return failed_; }  // what came of an event passed a limit
  void forgive() { failed_ = false; }

 private:
  void parse(const Step& step);
  Value arithmetic(const Node& node);
  Value call(const Node& node);

  const Plan& plan_;
  const double started_seconds_;
  const Pointer pointer_;
  std::vector<Value> slots_;
  std::vector<Value> found_;  // by number of the field
  const Event* event_ = nullptr;
  bool is_read_ = false;  // the fields of the event stand in their slots
  bool failed_ = false;
  size_t rows_ = 0;  // made by unnest
  Arena arena_;
};

template <class F>
void Row::take(const std::vector<Step>& steps, size_t first, F&& f) {
  for (size_t i = first; i < steps.size(); ++i) {
    const Step& step = steps[i];
    switch (step.kind) {
      case Step::Kind::kAssign:
        set(step.slots[0], value(step.node));
        break;
      case Step::Kind::kFilter:
        if (!holds(step.node)) return;
        break;
      case Step::Kind::kGlob:
      case Step::Kind::kRegex:
        parse(step);
        break;
      case Step::Kind::kUnnest: {
        const std::vector<Value> elements = elements_of(value(step.node), arena_);
        rows_ += elements.size();  // before they are gone through: one unnest may hold its elements within another's
        for (const Value& element : elements) {
          failed_ = failed_ || rows_ > kEventRowsMax || arena_.bytes() > kEventBytesMax;
          if (failed_) return;
          set(step.slots[0], element);
          take(steps, i + 1, f);
        }
        return;
      }
    }
  }
  f();
}

}  // namespace cairn::logquery

// One walk over an event's text: which conditions of a JSON pattern hold, and the values that are wanted.
#include "base/json_cursor.h"
#include "patterns/filter/json_condition.h"

namespace cairn::patterns {

class JsonWalk {
 public:
  JsonWalk(const JsonCondition& pattern, std::string_view event, bool with_outputs)
      : pattern_(pattern), cursor_(event), holds(pattern.conditions_.size()) {
    for (size_t i = 0; i < holds.size(); ++i) holds[i] = pattern.conditions_[i].test == JsonCondition::Test::kNotExists;
    if (with_outputs) outputs.resize(pattern.output_count_);
  }

  /// False: the event is no JSON object, which no pattern matches.
  bool run() {
    active_.assign(1, 0);
    return cursor_.peek() == json::Cursor::Kind::kObject && value(0) && cursor_.at_end();
  }

 private:
  using Kind = json::Cursor::Kind;
  using Test = JsonCondition::Test;

  /// The value here is where the nodes from `first` on have led to; they are gone afterwards.
  bool value(size_t first) {
    const size_t last = active_.size();
    const Kind kind = cursor_.peek();
    bool leads_on = false;
    for (size_t i = first; i < last; ++i) {
      const JsonCondition::Node& node = pattern_.nodes_[active_[i]];
      leads_on = leads_on || !node.next.empty();
      for (const size_t condition : node.conditions)
        if (pattern_.conditions_[condition].test == Test::kNotExists) holds[condition] = 0;
    }
    const bool ok = kind == Kind::kObject && leads_on               ? object(first, last)
                    : kind == Kind::kArray && leads_on              ? array(first, last)
                    : kind == Kind::kObject || kind == Kind::kArray ? cursor_.skip()
                                                                    : scalar(kind, first, last);
    active_.resize(first);
    return ok;
  }

  bool object(size_t first, size_t last) {
    if (!cursor_.enter_object()) return false;
    json::Cursor::Text name;
    while (cursor_.next_member(name)) {
      const std::string decoded = name.escaped ? name.decoded() : std::string();
      const std::string_view member = name.escaped ? decoded : name.raw;
      for (size_t i = first; i < last; ++i) {
        for (const auto& [step, node] : pattern_.nodes_[active_[i]].next)
          if (!step.index && step.member == member) active_.push_back(node);
      }
      if (!(active_.size() == last ? cursor_.skip() : value(last))) return false;
    }
    return !cursor_.failed();
  }

  bool array(size_t first, size_t last) {
    if (!cursor_.enter_array()) return false;
    for (size_t index = 0; cursor_.next_element(); ++index) {
      for (size_t i = first; i < last; ++i) {
        for (const auto& [step, node] : pattern_.nodes_[active_[i]].next)
          if (step.index && (*step.index == index || *step.index == Selector::kEvery)) active_.push_back(node);
      }
      if (!(active_.size() == last ? cursor_.skip() : value(last))) return false;
    }
    return !cursor_.failed();
  }

  bool scalar(Kind kind, size_t first, size_t last) {
    std::string decoded;
    std::string_view text = kind == Kind::kTrue ? "true" : kind == Kind::kFalse ? "false" : "";
    if (kind == Kind::kString) {
      json::Cursor::Text string;
      if (!cursor_.take_string(string)) return false;
      text = string.escaped ? decoded = string.decoded() : string.raw;
    } else if (kind == Kind::kNumber) {
      if (!cursor_.take_number(text)) return false;
    } else if (!cursor_.skip()) {
      return false;
    }
    for (size_t i = first; i < last; ++i) {
      const JsonCondition::Node& node = pattern_.nodes_[active_[i]];
      for (const size_t condition : node.conditions)
        if (holds[condition] == 0) holds[condition] = meets(pattern_.conditions_[condition], kind, text);
      if (outputs.empty() || kind == Kind::kNull) continue;
      for (const size_t output : node.outputs)
        if (!outputs[output]) outputs[output] = text;
    }
    return true;
  }

  static bool meets(const JsonCondition::Condition& condition, Kind kind, std::string_view text) {
    switch (condition.test) {
      case Test::kNull:
        return kind == Kind::kNull;
      case Test::kTrue:
        return kind == Kind::kTrue;
      case Test::kFalse:
        return kind == Kind::kFalse;
      case Test::kNotExists:
        return false;
      case Test::kCompare:
        break;
    }
    return kind != Kind::kNull &&
           condition.comparison->holds(text, kind == Kind::kNumber ? Comparison::Type::kNumber : Comparison::Type::kText);
  }

  const JsonCondition& pattern_;
  json::Cursor cursor_;
  std::vector<size_t> active_;  // a stack of nodes: those of the value being walked on top

 public:
  std::vector<char> holds;  // of each condition
  JsonCondition::Values outputs;
};

bool JsonCondition::match(std::string_view message, Values* values) const {
  JsonWalk walk(*this, message, values != nullptr);
  if (!walk.run() || !decide(program_, walk.holds)) return false;
  if (values == nullptr) return true;
  values->clear();
  for (const size_t output : fields_) values->push_back(walk.outputs[output]);
  return true;
}

std::vector<char> JsonConditions::match(std::string_view message) const {
  JsonWalk walk(all_, message, false);
  std::vector<char> hold(parts_.size());
  if (!walk.run()) return hold;
  for (size_t i = 0; i < parts_.size(); ++i)
    hold[i] = JsonCondition::decide(parts_[i].program, walk.holds, parts_[i].first_condition) ? 1 : 0;
  return hold;
}

std::vector<std::pair<std::string, std::string>> JsonCondition::extracted(std::string_view message) const {
  JsonWalk walk(*this, message, true);
  std::vector<std::pair<std::string, std::string>> all;
  if (!walk.run()) return all;
  for (size_t i = 0; i < selectors_.size(); ++i)
    if (walk.outputs[i]) all.emplace_back(selectors_[i], *walk.outputs[i]);
  return all;
}

}  // namespace cairn::patterns

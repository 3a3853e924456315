#include "patterns/event/event_matcher.h"

#include <algorithm>

#include "base/json_cursor.h"
#include "patterns/event/compiled.h"

namespace cairn::patterns {
namespace {

using State = EventMatcher::Work::State;

/// One walk over an event's text: each value that a rule asks about is tried, the rest is stepped over.
class EventWalk {
 public:
  EventWalk(const EventMatcher::Compiled& compiled, State& seen, std::string_view event)
      : compiled_(compiled), seen_(seen), cursor_(event) {
    seen_.decoded.reserve(event.size());  // no text is longer without its escapes: views into it stay good
  }
  bool run() { return cursor_.peek() == Kind::kObject && value(0, kNone) && cursor_.at_end(); }

 private:
  using Kind = json::Cursor::Kind;

  std::string_view plain(const json::Cursor::Text& text) {
    if (!text.escaped) return text.raw;
    const size_t begin = seen_.decoded.size();
    text.append_to(seen_.decoded);
    return std::string_view(seen_.decoded).substr(begin);
  }

  /// The node that `name` leads to; a name with dots leads as far as several names.
  uint32_t follow(uint32_t node, std::string_view name) const {
    while (true) {
      const size_t dot = name.find('.');
      const std::string_view step = name.substr(0, dot);
      node = step_from(compiled_.nodes[node], step);
      if (node == kNone) return kNone;
      if (dot == std::string_view::npos) return node;
      name.remove_prefix(dot + 1);
    }
  }

  static uint32_t step_from(const PathNode& node, std::string_view name) {
    if (!node.by_name.empty()) {
      const auto found = node.by_name.find(name);
      return found == node.by_name.end() ? kNone : found->second;
    }
    for (const auto& [text, next] : node.next)
      if (text == name) return next;
    return kNone;
  }

  bool value(uint32_t node, uint32_t element) {
    const PathNode& place = compiled_.nodes[node];
    switch (const Kind kind = cursor_.peek()) {
      case Kind::kObject:
        return place.next.empty() ? cursor_.skip() : object(node, element);
      case Kind::kArray:
        return array(node, element);
      case Kind::kString: {
        json::Cursor::Text text;
        if (!cursor_.take_string(text)) return false;
        if (place.field != kNone) take(place.field, {true, plain(text)}, element);
        return true;
      }
      case Kind::kNumber: {
        std::string_view text;
        if (!cursor_.take_number(text)) return false;
        if (place.field != kNone) take(place.field, {false, text}, element);
        return true;
      }
      case Kind::kNone:
        return cursor_.skip();
      default:
        if (!cursor_.take_word()) return false;
        if (place.field != kNone)
          take(place.field, {false, kind == Kind::kTrue ? "true" : kind == Kind::kFalse ? "false" : "null"}, element);
        return true;
    }
  }

  bool object(uint32_t node, uint32_t element) {
    if (!cursor_.enter_object()) return false;
    json::Cursor::Text name;
    while (cursor_.next_member(name)) {
      const uint32_t next = follow(node, plain(name));
      if (!(next == kNone ? cursor_.skip() : value(next, element))) return false;
    }
    return !cursor_.failed();
  }

  /// Only what lies in an object or array inside belongs to an element; AWS lets plain values of an array go with anything.
  bool array(uint32_t node, uint32_t element) {
    if (!cursor_.enter_array()) return false;
    const auto number = static_cast<uint32_t>(seen_.arrays.size());
    seen_.arrays.push_back({static_cast<uint32_t>(seen_.values.size()), 0});
    while (cursor_.next_element()) {
      const Kind kind = cursor_.peek();
      if (kind != Kind::kObject && kind != Kind::kArray) {
        if (!value(node, element)) return false;
        continue;
      }
      const auto inner = static_cast<uint32_t>(seen_.elements.size());
      seen_.elements.push_back({element, number, static_cast<uint32_t>(seen_.values.size()), 0});
      if (!value(node, inner)) return false;
      seen_.elements[inner].values_end = static_cast<uint32_t>(seen_.values.size());
    }
    seen_.arrays[number].values_end = static_cast<uint32_t>(seen_.values.size());
    return !cursor_.failed();
  }

  /// What is kept of a clause or a field, with one more place on top.
  State::Seen& renew(State::Seen& seen, uint32_t element) {
    if (seen.round != seen_.round) seen = {.round = seen_.round};
    (element == kNone ? seen.outside : seen.in_array) = true;
    return seen;
  }

  void take(uint32_t field, const EventValue& value, uint32_t element) {
    const auto number = static_cast<uint32_t>(seen_.values.size());
    State::Seen& of_field = renew(seen_.fields[field], element);
    seen_.values.push_back({element, of_field.last});
    of_field.last = number;
    compiled_.fields[field].index.find(value, seen_.index_work, [&](FieldIndex::TestNumber test) {
      for (const uint32_t clause : compiled_.clauses_of_test[test]) {
        State::Seen& of_clause = seen_.clauses[clause];
        if (of_clause.round != seen_.round)
          seen_.candidates.insert(seen_.candidates.end(), compiled_.clauses[clause].looks_at.begin(),
                                  compiled_.clauses[clause].looks_at.end());
        renew(of_clause, element);
        seen_.hits.push_back({number, of_clause.last});
        of_clause.last = static_cast<uint32_t>(seen_.hits.size()) - 1;
      }
    });
  }

  const EventMatcher::Compiled& compiled_;
  State& seen_;
  json::Cursor cursor_;
};

/// Whether the alternative's clauses all hold.
bool holds(const EventMatcher::Compiled& compiled, State& seen, const EventMatcher::Compiled::Alternative& alternative) {
  size_t in_arrays = 0;
  for (const uint32_t number : alternative.clauses) {
    const Clause& clause = compiled.clauses[number];
    const State::Seen* hits = seen.clause(number);
    const State::Seen* field = clause.absent ? seen.field(clause.field) : nullptr;
    const bool may_be_absent = clause.absent && (field == nullptr || !field->outside);
    if (hits == nullptr && !may_be_absent) return false;
    in_arrays += (hits != nullptr && hits->in_array) || (field != nullptr && field->in_array);
    if (hits == nullptr && field != nullptr) ++in_arrays;  // there are values: it takes others beside which they are not
  }
  return in_arrays < 2 || fit_together(compiled, seen, alternative);
}

}  // namespace

EventMatcher::Work::Work() : state_(std::make_unique<State>()) {}
EventMatcher::Work::~Work() = default;
EventMatcher::Work::Work(Work&&) noexcept = default;
EventMatcher::Work& EventMatcher::Work::operator=(Work&&) noexcept = default;

EventMatcher::EventMatcher(std::span<const EventPattern* const> patterns) : compiled_(std::make_unique<Compiled>(patterns)) {}
EventMatcher::EventMatcher(const EventPattern& pattern) {
  const EventPattern* one = &pattern;
  compiled_ = std::make_unique<Compiled>(std::span(&one, 1));
}
EventMatcher::EventMatcher(EventMatcher&&) noexcept = default;
EventMatcher& EventMatcher::operator=(EventMatcher&&) noexcept = default;
EventMatcher::~EventMatcher() = default;

bool EventMatcher::match(std::string_view event, Work& work, std::vector<uint32_t>& rules) const {
  rules.clear();
  State& seen = work.state();
  seen.begin(*compiled_);
  if (!EventWalk(*compiled_, seen, event).run()) return false;
  for (const uint32_t clause : compiled_->absent_first)
    if (seen.clause(clause) == nullptr)
      seen.candidates.insert(seen.candidates.end(), compiled_->clauses[clause].looks_at.begin(), compiled_->clauses[clause].looks_at.end());
  for (const uint32_t candidate : seen.candidates) {
    const Compiled::Alternative& alternative = compiled_->alternatives[candidate];
    if (seen.matched[alternative.rule] == seen.round || !holds(*compiled_, seen, alternative)) continue;
    seen.matched[alternative.rule] = seen.round;
    rules.push_back(alternative.rule);
  }
  std::sort(rules.begin(), rules.end());
  return true;
}

bool EventMatcher::matches(std::string_view event) const {
  Work work;
  std::vector<uint32_t> rules;
  return match(event, work, rules) && !rules.empty();
}

}  // namespace cairn::patterns

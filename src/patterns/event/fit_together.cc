// Values that may go together: of two fields in different elements of one array no rule makes a match.
#include <algorithm>
#include <set>

#include "patterns/event/compiled.h"

namespace cairn::patterns {
namespace {

using State = EventMatcher::Work::State;
/// The elements that were chosen, ascending; only those that clauses to come can be at odds with.
using Chosen = std::vector<uint32_t>;

class Search {
 public:
  Search(const EventMatcher::Compiled& compiled, State& seen, const EventMatcher::Compiled::Alternative& alternative)
      : seen_(seen), clauses_(alternative.clauses.size()), tried_(alternative.clauses.size()), last_touch_(seen.arrays.size(), 0) {
    for (size_t i = 0; i < clauses_.size(); ++i) {
      const Clause& clause = compiled.clauses[alternative.clauses[i]];
      Candidates& candidates = clauses_[i];
      candidates.absent = clause.absent;
      if (const State::Seen* hits = seen_.clause(alternative.clauses[i]))
        for (uint32_t hit = hits->last; hit != kNone; hit = seen_.hits[hit].next)
          candidates.passing.values.push_back(seen_.hits[hit].value);
      if (const State::Seen* field = clause.absent ? seen_.field(clause.field) : nullptr)
        for (uint32_t value = field->last; value != kNone; value = seen_.values[value].next_of_field)
          candidates.present.values.push_back(value);
      settle(candidates.passing, i);
      settle(candidates.present, i);
    }
  }

  bool run() { return from(0, {}); }

 private:
  struct Values {
    std::vector<uint32_t> values;  // ascending
    bool even = true;              // all in as many elements: then of those in an array's stretch either all lie in its elements, or none
  };
  struct Candidates {
    bool absent = false;
    Values passing;
    Values present;  // of the field at all, where none must be there
  };

  void settle(Values& list, size_t clause) {
    std::vector<uint32_t>& values = list.values;
    std::reverse(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    size_t depth_of_first = 0;
    for (size_t k = 0; k < values.size(); ++k) {
      size_t depth = 0;
      for (uint32_t e = seen_.values[values[k]].element; e != kNone; e = seen_.elements[e].parent, ++depth)
        last_touch_[seen_.elements[e].array] = clause;
      if (k == 0) depth_of_first = depth;
      list.even = list.even && depth == depth_of_first;
    }
  }

  bool from(size_t i, const Chosen& chosen) {
    if (i == clauses_.size()) return true;
    if (!tried_[i].insert(chosen).second) return false;
    const Candidates& candidates = clauses_[i];
    if (candidates.absent && next_beside(chosen, candidates.present, 0) == candidates.present.values.size() &&
        from(i + 1, still_needed(i, chosen)))
      return true;
    const std::vector<uint32_t>& values = candidates.passing.values;
    for (size_t at = next_beside(chosen, candidates.passing, 0); at < values.size(); at = next_beside(chosen, candidates.passing, at + 1)) {
      if (!step()) return false;
      Chosen with = chosen;
      for (uint32_t e = seen_.values[values[at]].element; e != kNone; e = seen_.elements[e].parent) {
        const auto place = std::lower_bound(with.begin(), with.end(), e);
        if (place == with.end() || *place != e) with.insert(place, e);
      }
      if (from(i + 1, still_needed(i, std::move(with)))) return true;
    }
    return false;
  }

  Chosen still_needed(size_t i, Chosen chosen) const {
    std::erase_if(chosen, [&](uint32_t e) { return last_touch_[seen_.elements[e].array] <= i; });
    return chosen;
  }

  bool step() { return seen_.steps_left != 0 && (--seen_.steps_left, true); }

  /// The place of the first of `list`, from `at` on, that is in no other element of an array of which an element is chosen.
  size_t next_beside(const Chosen& chosen, const Values& list, size_t at) {
    const std::vector<uint32_t>& values = list.values;
    for (size_t i = 0; i < chosen.size() && at < values.size();) {
      const Element& element = seen_.elements[chosen[i]];
      const State::Array& array = seen_.arrays[element.array];
      const uint32_t value = values[at];
      const bool before = value < element.values_begin, behind = value >= element.values_end;
      if (!(before || behind) || value < array.values_begin || value >= array.values_end || !in_element_of(value, element.array)) {
        ++i;
        continue;
      }
      if (!step()) return values.size();
      const uint32_t target = before ? element.values_begin : array.values_end;
      at = list.even ? static_cast<size_t>(std::lower_bound(values.begin() + static_cast<std::ptrdiff_t>(at), values.end(), target) -
                                           values.begin())
                     : at + 1;
      i = 0;
    }
    return at;
  }

  bool in_element_of(uint32_t value, uint32_t array) const {
    for (uint32_t e = seen_.values[value].element; e != kNone; e = seen_.elements[e].parent)
      if (seen_.elements[e].array == array) return true;
    return false;
  }

  State& seen_;
  std::vector<Candidates> clauses_;
  std::vector<std::set<Chosen>> tried_;
  std::vector<size_t> last_touch_;  // of each array: the last clause that has a value in it
};

}  // namespace

bool fit_together(const EventMatcher::Compiled& compiled, State& seen, const EventMatcher::Compiled::Alternative& alternative) {
  return Search(compiled, seen, alternative).run();
}

}  // namespace cairn::patterns

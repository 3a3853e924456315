#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "patterns/event/event_matcher.h"
#include "patterns/event/field_index.h"

/// Inside of the matcher: what is compiled, what is seen of an event, and who works on them.
namespace cairn::patterns {

constexpr uint32_t kNone = UINT32_MAX;

/// Which names lead from a place in an event to fields that rules ask about.
struct PathNode {
  std::vector<std::pair<std::string, uint32_t>> next;
  std::unordered_map<std::string_view, uint32_t> by_name;  // the same, where they are many
  uint32_t field = kNone;
};

/// One field and what it may be: shared by all alternatives that say the same.
struct Clause {
  uint32_t field = 0;
  bool absent = false;             // that there is no value will do
  bool broad = false;              // most values will do
  uint32_t uses = 0;               // by alternatives
  std::vector<uint32_t> looks_at;  // alternatives of which this is the rarest clause
};

struct EventMatcher::Compiled {
  struct Field {
    FieldIndex index;
  };
  struct Alternative {
    uint32_t rule;
    std::vector<uint32_t> clauses;  // by path
  };
  std::vector<PathNode> nodes = std::vector<PathNode>(1);
  std::vector<Field> fields;
  std::vector<std::vector<uint32_t>> clauses_of_test;
  std::vector<Clause> clauses;
  std::vector<Alternative> alternatives;
  std::vector<uint32_t> absent_first;  // clauses that hold without a value and are the rarest of an alternative
  uint32_t rule_count = 0;

  explicit Compiled(std::span<const EventPattern* const> patterns);
  uint32_t field_of(std::string_view path);
};

/// An element of an array of the event, in which values may lie. Values and elements are numbered in the order of the text, so that
/// those of an element, or of an array, lie side by side.
struct Element {
  uint32_t parent = kNone;  // the element around it
  uint32_t array = 0;
  uint32_t values_begin = 0, values_end = 0;
};

struct EventMatcher::Work::State {
  struct Array {
    uint32_t values_begin = 0, values_end = 0;
  };
  struct Value {
    uint32_t element;        // the innermost around it, or kNone
    uint32_t next_of_field;  // the field's value before it, or kNone
  };
  struct Hit {
    uint32_t value;
    uint32_t next;  // the clause's hit before it, or kNone
  };
  /// Of a clause or field, in this event: the round tells whether it is of this event at all.
  struct Seen {
    uint64_t round = 0;
    uint32_t last = kNone;
    bool in_array = false;  // some lie in elements of arrays
    bool outside = false;   // some do not
  };

  uint64_t round = 0;
  std::vector<Value> values;
  std::vector<Hit> hits;
  std::vector<Element> elements;
  std::vector<Array> arrays;
  std::vector<Seen> clauses, fields;
  std::vector<uint32_t> candidates;
  std::vector<uint64_t> matched;  // the round in which each rule did
  std::string decoded;            // names and strings without their escapes
  FieldIndex::Work index_work;
  size_t steps_left = 0;

  void begin(const EventMatcher::Compiled& compiled);
  const Seen* clause(uint32_t clause) const { return clauses[clause].round == round ? &clauses[clause] : nullptr; }
  const Seen* field(uint32_t field) const { return fields[field].round == round ? &fields[field] : nullptr; }
};

/// Whether values can be chosen for all clauses of which no two lie in different elements of one array. The clauses are gone through
/// by path, as AWS does: what must be absent is absent beside the values chosen before it.
bool fit_together(const EventMatcher::Compiled& compiled, EventMatcher::Work::State& seen,
                  const EventMatcher::Compiled::Alternative& alternative);

}  // namespace cairn::patterns

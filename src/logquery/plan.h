#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "logquery/aggregate.h"
#include "logquery/fields.h"
#include "logquery/functions.h"

namespace re2 {
class RE2;
}

/// A query as it is carried out: names have become slots of a row, expressions trees of operations.
namespace cairn::logquery {

using Slot = uint32_t;

/// What every event has.
enum SystemSlot : Slot { kTimestamp, kIngestionTime, kMessage, kLogStream, kLog, kPointer, kAccount, kRegion, kSystemSlots };

struct Node {
  enum class Op : uint8_t {
    kLiteral,
    kSlot,
    kMember,  // of the JSON in a slot, at `text`
    kAnd,
    kOr,
    kNot,
    kEqual,
    kNotEqual,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kRemainder,
    kPower,
    kNegative,
    kContains,  // `text`
    kMatches,   // `regex`
    kIn,
    kAnyWord,  // of the values of word number `word`, which stand in the slot one after the other
    kCall,
  };
  Op op = Op::kLiteral;
  Slot slot = 0;
  uint32_t word = 0;
  Value literal;          // its text is the plan's
  std::string_view text;  // the same
  const re2::RE2* regex = nullptr;
  const Function* function = nullptr;
  std::vector<Node> parts;
};

/// What happens to one row after the other.
struct Step {
  enum class Kind : uint8_t { kAssign, kFilter, kGlob, kRegex, kUnnest };
  Kind kind = Kind::kFilter;
  Node node;                       // the value, the condition, or what is parsed
  std::vector<Slot> slots;         // that are assigned
  std::vector<std::string> texts;  // kGlob: what stands before, between and behind the stars
  const re2::RE2* regex = nullptr;
  std::vector<int> groups;  // kRegex: of each slot
};

struct Aggregate {
  Aggregation aggregation = Aggregation::kCount;
  std::optional<Node> of;  // nullopt: of the event itself
  double percent = 0;
  Slot slot = 0;
};

/// Steps, and then what needs all rows: they are put into groups, or those that come first in an order are kept.
struct Stage {
  std::vector<Step> steps;
  bool groups = false;
  // --- groups
  std::vector<std::pair<Node, Slot>> keys;
  std::vector<Aggregate> aggregates;
  // --- else
  struct Key {
    Node node;
    bool descending = false;
  };
  std::vector<Key> order;  // then the newest first
  std::vector<Node> dedup;
  std::optional<size_t> limit;
  bool any = false;  // whichever come first
  // --- both
  std::vector<Slot> kept;  // what later stages or the result need of its rows
};

struct Plan {
  std::vector<Stage> stages;  // at least one; the last keeps rows
  FieldReader fields;         // of events; they stand in the slots `field_slots`
  std::vector<Slot> field_slots;
  std::vector<bool> is_field;    // of each slot
  std::vector<Slot> word_slots;  // of the words of formulas (compile.h): the first value of each
  Slot slots = kSystemSlots;
  struct Column {
    std::string name;
    Slot slot = 0;
  };
  std::vector<Column> columns;
  std::deque<std::string> texts;  // of the nodes
  std::vector<std::shared_ptr<const re2::RE2>> regexes;
};

}  // namespace cairn::logquery

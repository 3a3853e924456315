#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// A query as it is written.
namespace cairn::logquery {

struct Expression {
  enum class Kind : uint8_t {
    kNumber,
    kText,
    kPeriod,  // number, text: its unit
    kName,    // of a field
    kCall,    // text: the function, in small letters
    kStar,    // as in count(*)
    kAnd,     // of all parts ...
    kOr,      // ... or one
    kNot,
    kCompare,  // text: = != < <= > >=
    kArith,    // text: + - * / % ^
    kNegative,
    kLike,     // text: what is looked for
    kMatches,  // text: a regular expression
    kIn,       // the first of the parts is one of the others
  };
  Kind kind = Kind::kNumber;
  std::string text = {};
  double number = 0;
  std::vector<Expression> parts = {};
  size_t begin = 0, end = 0;  // where in the query
};

/// `expression as name`.
struct Item {
  Expression expression;
  std::string name;  // as results call it: the alias, or the expression as it is written
  bool has_alias = false;
};

struct Command {
  enum class Kind : uint8_t { kFields, kDisplay, kFilter, kParse, kStats, kSort, kLimit, kDedup, kUnnest };
  Kind kind = Kind::kFields;
  size_t begin = 0, end = 0;          // of its name
  std::vector<Item> items = {};       // of fields, display, stats and dedup; the condition of filter, the source of parse and unnest
  std::vector<Item> by = {};          // of stats
  std::vector<bool> descending = {};  // of sort: of each item
  std::string pattern = {};           // of parse
  bool is_regex = false;
  std::vector<std::string> names = {};  // of parse and unnest: the fields they make
  size_t limit = 0;
  bool any = false;  // limit any: whichever come first
};

}  // namespace cairn::logquery

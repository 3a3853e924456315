#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "logquery/value.h"

/// The fields that are discovered in events that are JSON objects: `a.b.0.c` is what stands in objects and arrays, by its way there.
/// Objects and arrays themselves are no fields, null is none.
namespace cairn::logquery {

/// Looks for some fields of an event, on one walk over its text.
class FieldReader {
 public:
  /// Returns the number of the field, the same for the same name.
  size_t add(std::string_view name);
  size_t size() const { return paths_.size(); }
  /// `found`: one for each field; all of them kNone if the event is no JSON object.
  void read(std::string_view message, std::span<Value> found, Arena& arena) const;

 private:
  std::vector<std::string> paths_;
};

/// Calls `f(name, value)` for the fields of an event, in their order, until it returns false.
void each_field(std::string_view message, const std::function<bool(const std::string& name, const Value& value)>& f);

/// JSON text as a value; kNone for what is no JSON.
Value parse_json(std::string_view text, Arena& arena);
/// What stands at `path` within a value of parse_json.
Value member_of(const Value& value, std::string_view path, Arena& arena);
/// The elements of an array; of anything else itself.
std::vector<Value> elements_of(const Value& value, Arena& arena);

}  // namespace cairn::logquery

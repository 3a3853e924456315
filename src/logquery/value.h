#pragma once
#include <compare>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::logquery {

/// A field of an event or the result of an expression. Texts are views: of the event, of the query, or of an Arena.
struct Value {
  enum class Kind : uint8_t {
    kNone,    // the field is not there
    kNumber,  // `text`: as the event has it, or empty
    kBool,
    kTime,  // `number`: milliseconds since 1970
    kText,
    kJson,    // an object or an array, as text
    kPeriod,  // a literal alone: `number` of the unit `text`
  };
  Kind kind = Kind::kNone;
  double number = 0;
  std::string_view text = {};

  static Value of(double number) { return {Kind::kNumber, number, {}}; }
  static Value of(bool truth) { return {Kind::kBool, truth ? 1.0 : 0.0, {}}; }
  static Value of(std::string_view text) { return {Kind::kText, 0, text}; }
  static Value time(double milliseconds) { return {Kind::kTime, milliseconds, {}}; }
  bool exists() const { return kind != Kind::kNone; }
};

/// Owns the texts that the evaluation of one event makes.
class Arena {
 public:
  std::string_view keep(std::string text) {
    bytes_ += sizeof(text) + text.size();
    return texts_.emplace_back(std::move(text));
  }
  void clear() {
    if (!texts_.empty()) texts_.clear();
    bytes_ = 0;
  }
  size_t bytes() const { return bytes_; }

 private:
  std::deque<std::string> texts_;
  size_t bytes_ = 0;
};

/// Of a number, a truth, a time, or a text that is written as a number.
std::optional<double> number_of(const Value& value);
bool is_true(const Value& value);
/// As results show it: "" of what is not there.
void append_text(std::string& out, const Value& value);
std::string_view text_of(const Value& value, Arena& arena);

/// As `=` sees them; both are there.
bool are_equal(const Value& a, const Value& b);
/// As `<` and `>` see them: by number if both are such, else by text.
std::weak_ordering compare(const Value& a, const Value& b);
/// As `sort` sees them: what is not there, then what is no number, then numbers. In texts, runs of digits count by their length first,
/// then by their value; all else by its bytes.
std::weak_ordering compare_naturally(const Value& a, const Value& b);

}  // namespace cairn::logquery

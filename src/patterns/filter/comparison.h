#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "patterns/filter/reader.h"

namespace re2 {
class RE2;
}

namespace cairn::patterns {

/// A regular expression between percent signs, `reader` at the first: AWS's subset, searched anywhere in a text, in linear time.
class Regex {
 public:
  static Result<Regex, Refusal> read(Reader& reader);
  bool finds(std::string_view text) const;

 private:
  std::shared_ptr<const re2::RE2> compiled_;
};

/// An operator and what a value is held against: `= 4*`, `!= "Root"`, `>= 1e3`, `= %\d+%`.
class Comparison {
 public:
  enum class Type { kText, kNumber, kEither };  // of a value; kEither: a field of a log line, a number if it looks like one

  /// `reader` at the operator, blanks allowed before and after it.
  static Result<Comparison, Refusal> read(Reader& reader);
  bool holds(std::string_view value, Type type) const;
  bool is_regex() const { return regex_.has_value(); }

 private:
  enum class Op { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
  bool is_equality() const { return op_ == Op::kEqual || op_ == Op::kNotEqual; }
  bool compare(double value) const;
  bool equals(std::string_view value) const;

  Op op_ = Op::kEqual;
  std::string text_;                            // without the stars at its ends
  bool open_begin_ = false, open_end_ = false;  // a star stood there
  std::optional<double> number_;                // written as one, without quotes
  std::optional<Regex> regex_;
};

}  // namespace cairn::patterns

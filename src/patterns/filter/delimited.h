#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patterns/filter/comparison.h"

namespace cairn::patterns {

/// `[ip, user, ..., status=4*, bytes>1000]`: the fields of a log line in their order, by blanks; "..." and [...] are one field each.
class Delimited {
 public:
  using Values = std::vector<std::optional<std::string>>;

  static Result<Delimited, Refusal> read(Reader reader);
  /// `$name` or `$number`: which field a metric filter means.
  Result<void, Refusal> add_field(std::string_view reference);
  bool match(std::string_view message, Values* values) const;
  std::vector<std::pair<std::string, std::string>> extracted(std::string_view message) const;
  size_t regex_count() const { return regex_count_; }

 private:
  using Conjunction = std::vector<Comparison>;
  struct Slot {
    std::string name;
    std::vector<Conjunction> any_of;  // none: any value will do
    bool holds(std::string_view value) const;
  };
  struct Wanted {
    std::optional<size_t> slot;  // else the field of that number, from 1
    size_t number = 0;
  };
  Result<Slot, Refusal> read_slot(Reader& reader);
  /// The fields of a message, as many as the pattern tells apart; nullopt if they do not fit it.
  std::optional<std::vector<std::string_view>> fields_of(std::string_view message) const;
  size_t field_of_slot(size_t slot, size_t field_count) const {
    return ellipsis_ && slot >= *ellipsis_ ? field_count - slots_.size() + slot : slot;
  }

  std::vector<Slot> slots_;
  std::optional<size_t> ellipsis_;  // stands before that slot
  std::vector<Wanted> wanted_;
  size_t regex_count_ = 0;
};

}  // namespace cairn::patterns

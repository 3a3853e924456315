#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "patterns/filter/filter_pattern.h"

namespace cairn::patterns {

class JsonConditions;

/// Many patterns held against each event together: those about JSON share one walk over it. Immutable; any thread.
class FilterSet {
 public:
  explicit FilterSet(std::vector<FilterPattern> patterns);

  /// Of each pattern, in their order, whether it matches.
  std::vector<char> match(std::string_view message) const;

 private:
  std::vector<FilterPattern> patterns_;
  std::shared_ptr<const JsonConditions> json_;
  std::vector<size_t> json_numbers_;  // which of the patterns those are
};

}  // namespace cairn::patterns

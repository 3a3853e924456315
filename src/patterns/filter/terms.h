#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/filter/comparison.h"

namespace cairn::patterns {

/// `ERROR -"x y"`, `?a ?b` or one regular expression: words looked for anywhere in the message.
class Terms {
 public:
  static Result<Terms, Refusal> read(Reader reader);
  bool match(std::string_view message) const;
  size_t regex_count() const { return regex_ ? 1 : 0; }

 private:
  std::vector<std::string> all_, none_, any_;
  std::optional<Regex> regex_;
};

}  // namespace cairn::patterns

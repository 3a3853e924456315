#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/event/event_pattern.h"

namespace cairn::patterns {

/// The number that JSON's `text` stands for, if double has exactly that one: only such numbers are compared by value.
std::optional<double> comparable_number(std::string_view text);

std::optional<Address> address_of(std::string_view text);
bool is_within(const Address& address, const Address& network, int prefix_bits);

/// `text` in one case: ASCII, and the letters of Latin, Greek and Cyrillic that have one of the same length.
std::string fold(std::string_view text);

/// A text with stars, each any run of characters; \* and \\ are the characters. Matching takes time linear in the text for each piece.
class Wildcard {
 public:
  explicit Wildcard(std::string_view pattern);  // one that `wildcard_error` lets pass
  bool matches(std::string_view text) const;
  const std::string& head() const { return pieces_.front(); }  // what stands before the first star

 private:
  std::vector<std::string> pieces_;  // between the stars
};

/// Why `pattern` is no wildcard pattern, as EventBridge says it; nullopt if it is one.
std::optional<std::string> wildcard_error(std::string_view pattern);

}  // namespace cairn::patterns

#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "patterns/refusal.h"

/// The event patterns of EventBridge: which events a rule is for. The language is described in docs/patterns.md.
namespace cairn::patterns {

/// An IPv4 address or an IPv6 one; IPv4 written in IPv6's way is IPv4.
struct Address {
  std::array<uint8_t, 16> bytes{};
  bool is_v4 = false;
  bool operator==(const Address&) const = default;
};

/// What one value of an event is asked.
struct Test {
  enum class Kind {
    kString,   // is this string
    kLiteral,  // is this number as written, or true, false, null
    kNumber,   // has this value
    kRange,
    kPrefix,
    kSuffix,
    kEqualIgnoringCase,
    kPrefixIgnoringCase,
    kSuffixIgnoringCase,
    kWildcard,
    kAddress,  // is a string that is this address
    kCidr,
    kExists,
    kAnythingBut,  // is none of `but`
    kAbsent,       // there is no value
  };
  Kind kind = Kind::kString;
  std::string text;          // folded where the case does not count; a wildcard as written
  double low = 0, high = 0;  // kNumber: low
  bool low_open = false, high_open = false;
  Address address;
  int prefix_bits = 0;
  std::vector<Test> but;
  bool operator==(const Test&) const = default;
};

/// A pattern that was read: the event must fulfil one of its alternatives (there are several if it says `$or`), which ask something of
/// fields; a field's value, or one of its values, must pass one of the tests.
class EventPattern {
 public:
  static constexpr size_t kAlternativesMax = 1000;
  struct Field {
    std::string path;  // names joined by dots
    std::vector<Test> any_of;
  };
  using Alternative = std::vector<Field>;  // by path

  /// The refusal's message is what EventBridge says behind "Event pattern is not valid. Reason: ".
  static Result<EventPattern, Refusal> read(std::string_view json);
  const std::vector<Alternative>& alternatives() const { return alternatives_; }

 private:
  std::vector<Alternative> alternatives_;
};

/// "\n at [Source: (String)"..."; line: 1, column: 2]": where in `text` a reader stood, as AWS's parser says it.
std::string at_source(std::string_view text, size_t offset);

}  // namespace cairn::patterns

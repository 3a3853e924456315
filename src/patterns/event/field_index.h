#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "patterns/event/event_pattern.h"
#include "patterns/event/value.h"

namespace cairn::patterns {

/// A value of an event: the text of a string, or of anything else as it was written.
struct EventValue {
  bool is_string = false;
  std::string_view text;
};

/// All that is asked of one field, by all rules: which tests a value passes takes a few look-ups, however many tests there are of an
/// exact value, a prefix or a suffix. Ranges, networks and wildcards that begin with a star are tried one by one.
class FieldIndex {
 public:
  using TestNumber = uint32_t;
  /// What finding needs to remember; one for each thread, for any number of indices.
  struct Work {
    std::vector<uint64_t> banned;  // of each anything-but: the round in which its value was found
    uint64_t round = 0;
  };

  /// `number`: what `find` calls it. Not for kAbsent.
  void add(const Test& test, TestNumber number);
  template <class OnTest>
  void find(const EventValue& value, Work& work, OnTest on_test) const {
    ++work.round;
    if (work.banned.size() < anything_but_.size()) work.banned.resize(anything_but_.size());
    each_entry(value, [&](Entry entry) {
      entry >= 0 ? on_test(static_cast<TestNumber>(entry)) : void(work.banned[static_cast<size_t>(~entry)] = work.round);
    });
    for (size_t i = 0; i < anything_but_.size(); ++i)
      if (work.banned[i] != work.round) on_test(anything_but_[i]);
    for (const TestNumber exists : exists_) on_test(exists);
  }

 private:
  using Entry = int32_t;  // a test; or, as its complement, an anything-but that the value rules out
  using Entries = std::vector<Entry>;
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Exact = std::unordered_map<std::string, Entries, Hash, std::equal_to<>>;
  /// Beginnings, or ends, by their lengths.
  struct Affixes {
    Exact by_text;
    std::vector<size_t> lengths;
    void add(std::string text, Entry entry);
    template <class OnEntry>
    void find(std::string_view text, bool at_end, OnEntry on_entry) const {
      for (const size_t length : lengths) {
        if (length > text.size()) break;
        const auto found = by_text.find(at_end ? text.substr(text.size() - length) : text.substr(0, length));
        if (found == by_text.end()) continue;
        for (const Entry entry : found->second) on_entry(entry);
      }
    }
  };
  struct Range {
    double low, high;
    bool low_open, high_open;
    Entry entry;
    bool holds(double v) const { return (low_open ? v > low : v >= low) && (high_open ? v < high : v <= high); }
  };
  struct Network {
    Address address;
    int prefix_bits;
    Entry entry;
  };
  void insert(const Test& test, Entry entry);

  template <class OnEntry>
  void each_entry(const EventValue& value, OnEntry on_entry) const {
    const auto all = [&on_entry](const auto& map, const auto& key) {
      if (map.empty()) return;
      const auto found = map.find(key);
      if (found == map.end()) return;
      for (const Entry entry : found->second) on_entry(entry);
    };
    if (!value.is_string) {
      all(literals_, value.text);
      if (numbers_.empty() && ranges_.empty()) return;
      const std::optional<double> number = comparable_number(value.text);
      if (!number) return;
      all(numbers_, *number);
      for (const Range& range : ranges_)
        if (range.holds(*number)) on_entry(range.entry);
      return;
    }
    all(strings_, value.text);
    prefixes_.find(value.text, false, on_entry);
    suffixes_.find(value.text, true, on_entry);
    const auto try_wildcard = [&](Entry number) {
      const auto& [wildcard, entry] = wildcards_[static_cast<size_t>(number)];
      if (wildcard.matches(value.text)) on_entry(entry);
    };
    wildcard_heads_.find(value.text, false, try_wildcard);
    if (ignores_case_) {
      const std::string folded = fold(value.text);
      all(folded_, folded);
      folded_prefixes_.find(folded, false, on_entry);
      folded_suffixes_.find(folded, true, on_entry);
    }
    if (networks_.empty()) return;
    if (const std::optional<Address> address = address_of(value.text))
      for (const Network& network : networks_)
        if (is_within(*address, network.address, network.prefix_bits)) on_entry(network.entry);
  }

  Exact strings_, literals_, folded_;
  std::unordered_map<double, Entries> numbers_;
  std::vector<Range> ranges_;
  Affixes prefixes_, suffixes_, folded_prefixes_, folded_suffixes_;
  Affixes wildcard_heads_;  // the entries are numbers of wildcards_
  std::vector<std::pair<Wildcard, Entry>> wildcards_;
  std::vector<Network> networks_;
  std::vector<TestNumber> anything_but_, exists_;
  bool ignores_case_ = false;
};

}  // namespace cairn::patterns

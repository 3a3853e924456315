#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::aws::policy {

/// What a request carries that conditions and variables may look at: key -> values. Keys ignore case. A key that is there with no
/// value at all counts as absent.
class Context {
 public:
  /// Adds a value; a key to which several are added has several.
  void add(std::string_view key, std::string value);
  void add(std::string_view key, bool value) { add(key, std::string(value ? "true" : "false")); }
  void add(std::string_view key, const char* value) { add(key, std::string(value)); }
  /// nullptr: absent. `lower_key` is in lower case.
  const std::vector<std::string>* find(std::string_view lower_key) const;

 private:
  struct Entry {
    std::string key;  // lower case
    std::vector<std::string> values;
  };
  std::vector<Entry> entries_;  // some dozens at most: looking through them is faster than hashing
};

}  // namespace cairn::aws::policy

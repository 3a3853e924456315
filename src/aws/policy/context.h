#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::aws::policy {

/// The name of a context key, made ready for looking it up. Case does not count.
class Key {
 public:
  explicit Key(std::string_view name);
  const std::string& name() const { return name_; }  // as written
  bool operator==(const Key& other) const;

 private:
  std::string name_;
  uint64_t hash_ = 0;  // of the name in lower case
};

/// What a request carries that conditions and variables may look at: key -> values, at least one each.
class Context {
 public:
  Context() { entries_.reserve(kEntriesExpected); }
  /// Adds a value; a key to which several are added has several. Of tags whose names differ only in case none is there: AWS's conditions
  /// match a tag named one way or the other, "but not both".
  void add(std::string_view key, std::string value);
  void add(std::string_view key, bool value) { add(key, std::string(value ? "true" : "false")); }
  void add(std::string_view key, const char* value) { add(key, std::string(value)); }
  /// Takes over the keys of `other`, in place of its own of the same name.
  void overlay(const Context& other);
  const std::vector<std::string>* find(const Key& key) const;  // nullptr: absent

 private:
  static constexpr size_t kEntriesExpected = 32;
  struct Entry {
    Key key;
    std::vector<std::string> values;
    bool is_ambiguous = false;  // added under names that differ in case
  };
  std::vector<Entry> entries_;  // some dozens at most: looking through their hashes is fast
};

}  // namespace cairn::aws::policy

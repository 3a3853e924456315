#pragma once
#include <compare>
#include <functional>
#include <string>
#include <utility>

#include "base/wipe.h"

namespace cairn {

/// A string that is one kind of name and no other. Parse at the door, never re-check inside.
template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const Id&) const = default;

 private:
  std::string text_;
};

/// A value that must not be shown: prints as ***. `reveal()` is the only way in, so that uses can be found. Overwritten when it goes.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) {}
  Secret& operator=(Secret&& other) noexcept {
    value_.swap(other.value_);
    return *this;
  }
  ~Secret() { wipe(value_); }
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};
inline std::string format_as(const Secret&) { return "***"; }

}  // namespace cairn

template <class Tag>
struct std::hash<cairn::Id<Tag>> {
  size_t operator()(const cairn::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.str()); }
};

#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::rules {

/// A JSON path as rules have it: $.detail.name, $.detail.list[0], a * for any member or element. Of numbers and texts the spelling is kept.
/// Immutable; any thread.
class JsonPath {
 public:
  /// nullopt: it is none. Total: any text.
  static std::optional<JsonPath> parse(std::string_view text);

  /// The JSON text of what it leads to in `json`; nullopt: nothing is there. With a star: an array of all there is.
  std::optional<std::string> find(std::string_view json) const;
  /// The same, a string without its quotes and escapes; "": nothing is there.
  std::string text_of(std::string_view json) const;

 private:
  struct Step {
    enum class Kind { kMember, kElement, kAny } kind = Kind::kMember;
    std::string name;
    size_t index = 0;
  };
  void collect(std::string_view json, size_t step, std::vector<std::string_view>& found) const;

  std::vector<Step> steps_;
  bool is_plural_ = false;
};

}  // namespace cairn::rules

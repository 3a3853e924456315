#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// AWS's configuration files: sections of `name = value`.
namespace cairn::cli {

class Ini {
 public:
  Ini() = default;
  /// Never fails: what is no section and no assignment is passed over, as the AWS CLI does. Indented lines (nested settings) are
  /// joined to names as `outer.inner`.
  explicit Ini(std::string_view text);
  bool has(std::string_view section) const { return sections_.contains(section); }
  std::optional<std::string> get(std::string_view section, std::string_view name) const;

 private:
  std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>> sections_;
};

}  // namespace cairn::cli

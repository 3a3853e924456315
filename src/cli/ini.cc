#include "cli/ini.h"

#include "base/text.h"

namespace cairn::cli {

Ini::Ini(std::string_view text) {
  std::map<std::string, std::string, std::less<>>* section = nullptr;
  std::string outer;
  for (std::string_view line : text::split(text, '\n')) {
    const bool indented = line.starts_with(' ') || line.starts_with('\t');
    line = text::trim(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      const size_t end = line.find(']');
      section = end == std::string_view::npos ? nullptr : &sections_[std::string(text::trim(line.substr(1, end - 1)))];
      continue;
    }
    const size_t equals = line.find('=');
    if (section == nullptr || equals == std::string_view::npos) continue;
    std::string name = text::lower(text::trim(line.substr(0, equals)));
    const std::string_view value = text::trim(line.substr(equals + 1));
    if (indented) {
      name = outer + "." + name;
    } else {
      outer = name;
    }
    (*section)[std::move(name)] = std::string(value);
  }
}

std::optional<std::string> Ini::get(std::string_view section, std::string_view name) const {
  const auto found = sections_.find(section);
  if (found == sections_.end()) return std::nullopt;
  const auto value = found->second.find(name);
  if (value == found->second.end() || value->second.empty()) return std::nullopt;
  return value->second;
}

}  // namespace cairn::cli

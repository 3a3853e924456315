#include "cli/surroundings.h"

#include <cstdlib>

namespace cairn::cli {

Surroundings system_surroundings() {
  return {env::system_files(), [](const char* name) -> std::optional<std::string> {
            const char* value = std::getenv(name);
            if (value == nullptr || *value == '\0') return std::nullopt;
            return std::string(value);
          }};
}

std::string expand_home(const std::string& path, const Surroundings& around) {
  return path.starts_with("~/") ? around.variable("HOME").value_or(".") + path.substr(1) : path;
}

}  // namespace cairn::cli

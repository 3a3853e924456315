#pragma once
#include <functional>
#include <optional>
#include <string>

#include "env/files.h"

namespace cairn::cli {

/// What a command finds around it: environment variables and files.
struct Surroundings {
  env::Files& files;
  std::function<std::optional<std::string>(const char* name)> variable;  // set and not empty, else none
};
Surroundings system_surroundings();

/// ~/x with $HOME in the place of the tilde; other paths as they are.
std::string expand_home(const std::string& path, const Surroundings& around);

}  // namespace cairn::cli

#include "cli/named_file.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace cairn::cli {

namespace {

/// As a shell's redirection does, without a new name.
Result<void> write_into(const std::string& path, std::string_view content) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  const bool is_written = file != nullptr && std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const int write_error = errno;
  const bool is_closed = file == nullptr || std::fclose(file) == 0;  // what was buffered goes out here
  if (is_written && is_closed) return {};
  return failure("{} cannot be written: {}", path, std::generic_category().message(is_written ? errno : write_error));
}

}  // namespace

Result<void> write_named_file(env::Files& files, const std::string& path, std::string_view content) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status there = fs::symlink_status(path, error);
  if (fs::exists(there) && !fs::is_regular_file(there)) return write_into(path, content);
  if (const auto written = env::write_file_atomically(files, path, content); !written) return failure("{}", written.error().message);
  return {};
}

}  // namespace cairn::cli

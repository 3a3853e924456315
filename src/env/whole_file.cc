// The helpers over env::Files: the same for the system's files and the simulated ones.
#include "env/files.h"

namespace cairn::env {

Io<std::string> read_file(Files& files, const std::string& path, uint64_t bytes_max) {
  auto file = files.open(path, Files::Open::kRead);
  if (!file) return tl::unexpected(file.error());
  auto size = (*file)->size();
  if (!size) return tl::unexpected(size.error());
  if (*size > bytes_max) {
    auto message = fmt::format("{} has {} bytes, over the limit of {}", path, *size, bytes_max);
    return tl::unexpected(IoFailure{IoFailure::kOther, std::move(message)});
  }
  std::string content(*size, '\0');
  auto read = (*file)->pread(0, content);
  if (!read) return tl::unexpected(read.error());
  content.resize(*read);
  return content;
}

Done write_file_atomically(Files& files, const std::string& path, std::string_view content) {
  // One fixed temporary name: what a crash left behind is overwritten by the next attempt instead of piling up.
  std::string temporary = path + ".tmp";
  auto write = [&]() -> Done {
    auto file = files.open(temporary, Files::Open::kCreateOrOpen);
    if (!file) return tl::unexpected(file.error());
    if (Done done = (*file)->truncate(0); !done) return done;
    if (Done done = (*file)->pwrite(0, content); !done) return done;
    if (Done done = (*file)->sync(); !done) return done;
    return files.rename(temporary, path);
  };
  if (Done done = write(); !done) {
    [[maybe_unused]] Done removed = files.remove(temporary);  // best effort: the failure that counts is the first
    return done;
  }
  return files.sync_directory(parent_directory(path));
}

std::string parent_directory(const std::string& path) {
  size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return path.empty() ? "." : "/";
  size_t slash = path.rfind('/', end);
  if (slash == std::string::npos) return ".";
  size_t last = path.find_last_not_of('/', slash);
  return last == std::string::npos ? "/" : path.substr(0, last + 1);
}

}  // namespace cairn::env

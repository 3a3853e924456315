#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// The file system, as much of it as durable formats need. Paths are plain strings; the simulated twin
/// (env/sim/files.h) keeps in memory what was written and what was synced, and can lose, tear and reorder the difference.
namespace cairn::env {

/// What went wrong, by what a caller can do about it.
struct IoFailure {
  enum Kind { kNotFound, kExists, kNoSpace, kDenied, kBusy, kDamaged, kOther } kind;
  std::string message;  // with path and system's words
};
template <class T>
using Io = Result<T, IoFailure>;
using Done = Io<void>;

/// One open file. pread/pwrite from any thread; sync covers all writes that returned before it was called.
class File {
 public:
  virtual ~File() = default;
  virtual Io<size_t> pread(uint64_t offset, std::span<char> out) = 0;  // fewer bytes than asked only at the end
  virtual Done pwrite(uint64_t offset, std::string_view data) = 0;     // all of it, or a failure
  virtual Done sync() = 0;                                             // fdatasync; after a failure never retry: exit
  virtual Done truncate(uint64_t size) = 0;
  virtual Io<uint64_t> size() = 0;
};

/// Names and directories. A created, renamed or removed name is durable only after sync_directory of its parent.
class Files {
 public:
  enum class Open { kRead, kReadWrite, kCreateNew, kCreateOrOpen };  // kCreateNew fails if it exists; new files are 0600
  virtual ~Files() = default;
  virtual Io<std::unique_ptr<File>> open(const std::string& path, Open mode) = 0;
  virtual Done rename(const std::string& from, const std::string& to) = 0;  // replaces `to` atomically
  virtual Done remove(const std::string& path) = 0;
  virtual Done make_directory(const std::string& path) = 0;  // with its parents, 0700; fine if it exists
  virtual Done sync_directory(const std::string& path) = 0;
  virtual Io<std::vector<std::string>> list(const std::string& path) = 0;  // names, sorted; no . and ..
  virtual Io<uint64_t> free_bytes(const std::string& path) = 0;
  /// Takes an exclusive lock on `path` (made if absent), held until the returned object dies. kBusy if another holds it.
  virtual Io<std::shared_ptr<void>> lock(const std::string& path) = 0;
};

Files& system_files();

/// Small helpers over the interface.
Io<std::string> read_file(Files& files, const std::string& path, uint64_t bytes_max = 64 << 20);
/// Temporary name, write, sync, rename, sync directory: afterwards the old or the new content, never a mix.
Done write_file_atomically(Files& files, const std::string& path, std::string_view content);
std::string parent_directory(const std::string& path);

}  // namespace cairn::env

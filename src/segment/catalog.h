#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "env/files.h"
#include "segment/manifest.h"

namespace cairn::segment {

/// The directory of one store: its files and the manifest that says which of them count. Not thread-safe.
class Catalog {
 public:
  /// `store` names the whole in messages: "event history".
  Catalog(env::Files& files, std::string store, std::string directory)
      : files_(files), store_(std::move(store)), directory_(std::move(directory)) {}

  /// Makes what is missing, reads the manifest, and removes files that it does not name: an interrupted seal or expiry left them.
  /// Files without any manifest are not ours to remove: refused.
  Result<Manifest> open();

  const std::string& directory() const { return directory_; }
  std::string path(const std::string& file) const { return directory_ + "/" + file; }
  static std::string file_name(uint64_t last_position);

  /// The file's name is there for good. False, with a line in the log: it may not be.
  bool settle();
  bool write(const Manifest& manifest);  // false, with a line in the log: the disk refused
  void remove(const std::string& file);  // a failure is only logged

 private:
  env::Files& files_;
  const std::string store_, directory_;
};

}  // namespace cairn::segment

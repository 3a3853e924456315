#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "env/files.h"
#include "env/random.h"

/// Object bytes, too large for the journal. A blob is written once, synced, then named by a state document; a blob that no
/// document names is garbage and is removed at start-up.
namespace cairn::blob {

using BlobId = Id<struct BlobTag>;  // 32 hex digits

/// Bytes on their way in. Dropping it without `finish` removes them. One thread at a time.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual env::Done append(std::string_view data) = 0;
  virtual env::Io<BlobId> finish() = 0;  // synced: from now on it survives a crash (still unreferenced)
};

/// Reads at any offset; stays valid when the blob is removed meanwhile. Any thread.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual env::Io<size_t> read(uint64_t offset, std::span<char> out) = 0;
  virtual uint64_t size() const = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  virtual env::Io<std::unique_ptr<Writer>> create() = 0;
  virtual env::Io<std::shared_ptr<Reader>> open(const BlobId& id) = 0;
  virtual void remove(const BlobId& id) = 0;  // gone or never there: fine
  virtual void each(const std::function<void(const BlobId&)>& f) = 0;
};

/// Files `objects/ab/abcdef…` below `directory`; unfinished ones under `objects/tmp`, emptied at opening. Writers fail with kNoSpace
/// when less than `keep_free_bytes` of the disk would stay free (looked at every kSpaceCheckBytes).
constexpr uint64_t kSpaceCheckBytes = 1 << 20;
Result<std::unique_ptr<Store>> open_directory(env::Files& files, env::Random& random, const std::string& directory,
                                              uint64_t keep_free_bytes = 0);

}  // namespace cairn::blob

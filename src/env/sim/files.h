#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "env/files.h"
#include "env/sim/random.h"

namespace cairn::env {

/// Thrown out of a file operation when the simulated machine dies. Nothing but the simulation's driver may catch it.
struct SimCrash {
  uint64_t operation;  // which one it died in
};

/// A file system in memory that knows what is durable and what is not. Any thread.
///
/// A file's writes and truncations are durable after its sync, names after sync_directory of their parent. Paths are
/// absolute or relative to the same root, without "..".
class SimFiles final : public Files {
 public:
  enum class Op {
    kOpen,
    kRead,
    kWrite,
    kSync,
    kTruncate,
    kSize,
    kRename,
    kRemove,
    kMakeDirectory,
    kSyncDirectory,
    kList,
    kFreeBytes,
    kLock,
  };
  enum class Unsynced { kSome, kNothing, kEverything };

  SimFiles();
  ~SimFiles() override;

  /// The machine dies and starts again; afterwards this object shows the disk as it was left. Of each file, what was
  /// synced stays, and with kSome an arbitrary part of the rest does: each 512-byte sector of each unsynced write is kept,
  /// dropped or torn (cut, zeros or garbage). Of each directory a prefix of the changes since its last sync stays; a
  /// rename between directories happens in both or in neither. Files opened and locks taken before fail with kOther or
  /// hold nothing.
  void crash(SimRandom& random, Unsynced unsynced = Unsynced::kSome);

  /// The `operation`th changing operation (see `operations()`; counted from 1 over the object's life) does its part as far
  /// as an unsynced one can, and throws SimCrash. From then until `crash` every operation fails with kOther and does nothing.
  void crash_at(uint64_t operation);
  /// How many operations that change something were begun so far: those that write, sync, create, rename, remove, truncate.
  uint64_t operations() const;

  /// The next `times` operations of this kind, on a path that contains `path_part`, fail. A failing write leaves half of
  /// its bytes; after a failed sync the writes it was for are never durable, whatever a later sync says (as on Linux).
  /// `after`: so many succeed before.
  void fail_next(Op op, std::string path_part, IoFailure::Kind kind, uint64_t times = 1, uint64_t after = 0);
  static constexpr uint64_t kAlways = UINT64_MAX;
  void heal();  // takes back what `fail_next` asked for

  /// From now on files may grow by `n` bytes together (a file counts with its size, holes too); then kNoSpace, where a
  /// write leaves what still fits. Removing and truncating give space back.
  void set_free_bytes(uint64_t n);

  Io<std::unique_ptr<File>> open(const std::string& path, Open mode) override;
  Done rename(const std::string& from, const std::string& to) override;
  Done remove(const std::string& path) override;
  Done make_directory(const std::string& path) override;
  Done sync_directory(const std::string& path) override;
  Io<std::vector<std::string>> list(const std::string& path) override;
  Io<uint64_t> free_bytes(const std::string& path) override;
  Io<std::shared_ptr<void>> lock(const std::string& path) override;

 private:
  struct State;
  class Handle;
  std::shared_ptr<State> state_;
};

}  // namespace cairn::env

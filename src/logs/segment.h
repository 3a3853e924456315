#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "logs/tail.h"
#include "segment/file.h"

namespace cairn::logs {

/// Writes all of `tail`, which covers the journal up to `last_position`, and syncs it. Returns the file's size.
Result<uint64_t> write_segment(env::Files& files, const std::string& path, const Tail& tail, uint64_t last_position);

/// An immutable file of chunks. Any thread. docs/formats/logs.md, "Segment".
class Segment {
 public:
  struct ChunkAt {
    segment::BlockAt at;
    int64_t first = 0, last = 0;  // times of its events
    uint32_t events = 0;
  };

  static Result<std::shared_ptr<Segment>> open(segment::Storage& storage, const std::string& directory, const std::string& file);

  const std::vector<ChunkAt>& chunks_of(const std::string& group) const;
  Result<std::shared_ptr<const Chunk>> read(const ChunkAt& at) const;
  /// Reads and checks every chunk. For tests and `cairn fsck`.
  Result<void> verify() const;
  /// Calls `f(group, time of its newest event)`.
  template <class F>
  void each_group(F&& f) const {
    for (const auto& [group, held] : groups_) f(group, held.last);
  }

  const std::string& file() const { return file_; }
  uint64_t bytes() const { return bytes_->bytes(); }
  uint64_t count() const { return events_; }
  uint64_t last_position() const { return last_position_; }
  /// Its file may be gone from now on; whoever still reads gets nothing more.
  void drop() { dropped_ = true; }
  bool is_dropped() const { return dropped_; }

 private:
  struct Group {
    std::vector<ChunkAt> chunks;
    int64_t last = 0;
  };
  Segment(std::string file, std::unique_ptr<segment::File> bytes) : file_(std::move(file)), bytes_(std::move(bytes)) {}
  Result<void> read_footer();

  const std::string file_;
  const std::unique_ptr<segment::File> bytes_;
  uint64_t last_position_ = 0, events_ = 0;
  std::map<std::string, Group> groups_;
  std::atomic<bool> dropped_ = false;
};

}  // namespace cairn::logs

#pragma once
#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "env/files.h"
#include "journal/format.h"
#include "journal/position.h"

namespace cairn::journal {

/// One segment file. What Segments guards is said there.
struct Segment {
  /// The next batch after entry `last` begins at `offset`.
  struct Mark {
    uint64_t last = 0;
    uint64_t offset = 0;
  };
  SegmentHeader header;
  std::string path;
  std::unique_ptr<env::File> file;
  uint64_t first = 0;                  // position of the first batch; 0: none yet
  uint64_t end = kSegmentHeaderBytes;  // behind the last durable batch
  uint64_t batches = 0;
  std::vector<Mark> marks;  // one in each kMarkBytes that were written since the start

  std::string name() const { return segment_name(header.number); }
};

/// The segments of an open journal: which exist, how far they are durable, and reading from them. Any thread.
class Segments {
 public:
  using OnEntry = std::function<void(Position, std::string_view)>;

  /// `live`: those with batches, oldest first; `spares`: made, not yet begun; `last`: the last durable entry.
  Segments(std::vector<std::shared_ptr<Segment>> live, std::vector<std::shared_ptr<Segment>> spares, Position last);

  // --- the writer's side
  std::shared_ptr<Segment> newest() const;
  bool has_spare() const;
  uint64_t next_number() const;  // of a segment not yet made
  void add_spare(std::shared_ptr<Segment> segment);
  void begin_spare();                                         // the oldest spare, of which there is one, becomes the newest segment
  void publish(uint64_t first, uint64_t end, Position last);  // a batch of the newest segment is durable

  // --- reading
  Position durable() const;
  Position oldest() const;
  uint64_t bytes_behind(Position position) const;
  Result<size_t> read(Position after, size_t bytes_max, const OnEntry& f);

  // --- leaving: segments go oldest first
  bool release(Position position);            // true: some segment was released
  std::shared_ptr<Segment> released() const;  // the oldest released, once no reader holds it; else null
  size_t released_count() const;
  void forget_released();  // the one given by released() has lost its name

 private:
  /// Where a reader stopped: the next batch after `last` begins there. Spares the walk from the segment's beginning.
  struct Cursor {
    uint64_t last = 0;
    uint64_t segment = 0;
    uint64_t offset = 0;
  };
  static constexpr size_t kCursorsMax = 64;
  static constexpr uint64_t kMarkBytes = 256 << 10;

  std::shared_ptr<Segment> find(uint64_t number) const;
  Cursor locate(uint64_t after) const;

  mutable std::mutex mutex_;  // guards everything below, and first, end and marks of each segment
  std::deque<std::shared_ptr<Segment>> released_;
  std::deque<std::shared_ptr<Segment>> live_;
  std::deque<std::shared_ptr<Segment>> spares_;
  uint64_t durable_ = 0;
  std::array<Cursor, kCursorsMax> cursors_{};
  size_t next_cursor_ = 0;
};

}  // namespace cairn::journal

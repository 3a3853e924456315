#pragma once
#include <memory>
#include <string>

#include "env/files.h"
#include "env/random.h"
#include "journal/segments.h"

namespace cairn::journal {

/// Makes segments ahead of their use, in short steps. One thread at a time.
class SegmentMaker {
 public:
  SegmentMaker(env::Files& files, env::Random& random, std::string directory);

  bool busy() const { return making_ != nullptr; }
  /// Begins a new, zero-filled segment.
  env::Done begin(uint64_t number, uint64_t bytes);
  /// Begins to turn `old`, released, into a new segment. A failure leaves `old` as it was.
  env::Done begin_recycled(uint64_t number, const Segment& old);
  /// The next piece of the work. Null: there is more to do. A failure gives the segment up.
  env::Io<std::shared_ptr<Segment>> step();

 private:
  env::Io<std::shared_ptr<Segment>> advance();
  uint64_t salt();

  env::Files& files_;
  env::Random& random_;
  std::string directory_;
  std::string temporary_;
  std::shared_ptr<Segment> making_;
  uint64_t filled_ = 0;  // bytes zeroed so far
};

}  // namespace cairn::journal

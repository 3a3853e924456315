#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "env/files.h"
#include "journal/segments.h"

/// Finds where a journal ends (docs/formats/journal.md, "Reading").
namespace cairn::journal {

/// A stretch behind the journal's end that holds a torn write.
struct TornTail {
  std::shared_ptr<Segment> segment;
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

/// A batch to be written where its original was destroyed.
struct Repair {
  std::shared_ptr<Segment> segment;
  uint64_t offset = 0;
  std::string bytes;
};

/// The last batch, when nothing behind it says that it is durable.
struct Doubtful {
  BatchHeader header;
  std::string bytes;
  uint64_t offset = 0;  // in live.back()
};

struct Found {
  std::vector<std::shared_ptr<Segment>> live;  // oldest first; the last is the one to write on. Empty: there is no journal yet
  std::vector<std::shared_ptr<Segment>> spares;
  Position last;
  uint64_t incarnation = 0;  // the highest of any batch
  uint32_t chain = 0;        // checksum of the last batch
  std::vector<TornTail> torn;
  std::vector<Repair> repairs;
  std::optional<Doubtful> doubtful;
};

/// Reads all there is and changes nothing. A failure names the damaged segment and entry, and what to do.
Result<Found> find_end(env::Files& files, const std::string& directory);

/// Overwrites the torn tail with zeroes and makes the repairs, synced.
env::Done mend(const std::vector<TornTail>& torn, const std::vector<Repair>& repairs);

}  // namespace cairn::journal

#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/digest_file.h"
#include "aws/names.h"
#include "base/time.h"
#include "blob/store.h"
#include "delivery/trail.h"
#include "journal/position.h"
#include "state/store.h"

/// The documents that a delivery remembers itself by. Each change of them is one journal entry. docs/formats/state.md.
namespace cairn::delivery {

/// What becomes of a trail at its cursor: its next form, or nothing (it was deleted).
struct Turn {
  std::optional<Trail> trail;
};

/// What a change of the trail's document means for whom delivers the trail of that id: another of its name is none of its. `document`:
/// nullopt if it was deleted.
Turn turn_of(std::string_view trail_id, const std::optional<std::string_view>& document);

/// Where a trail's delivery stands.
struct Cursor {
  journal::Position position;  // each event up to here is in a file that was cut, or was not wanted, or was dropped
  std::string trail_key;       // the document of the trail
  std::optional<Trail> trail;  // as it was at `position`; none: it had not been made
  std::optional<Turn> turn;    // the change at `position`, while the files cut for it are still on their way
  Time named;                  // of the newest file's name, and the order within: keys sort as they were delivered
  uint64_t order = 0;
  uint64_t files = 0;  // how many were cut: numbers their documents
};

/// A file that was cut: its name, bounds and hash are durable before its first PUT.
struct CutFile {
  uint64_t number = 0;
  bool is_digest = false;
  aws::Region region;
  std::string bucket, key;
  blob::BlobId blob;   // its gzip bytes; empty once it was put
  std::string seal;    // the key that the blob is sealed with, itself sealed (blob/sealed.h), base64; "": it is not
  std::string sha256;  // of the uncompressed bytes
  Time oldest, newest;
  uint64_t records = 0;
  std::string signature;  // digests: hex
};

/// The digests of one region.
struct Chain {
  aws::Region region;
  Time start;  // of the next digest's period
  std::optional<archive::Digest::Previous> previous;
};

std::string encode(const Cursor& cursor);
Cursor decode_cursor(std::string_view document);
std::string encode(const CutFile& file);
CutFile decode_cut_file(std::string_view document);
std::string encode(const Chain& chain);
Chain decode_chain(std::string_view document);

namespace keys {
inline const std::string kCursors = "delivery/cursor/";
std::string cursor(std::string_view trail_id);
std::string files_of(std::string_view trail_id);  // prefix
std::string file(std::string_view trail_id, uint64_t number);
std::string chains_of(std::string_view trail_id);  // prefix
std::string chain(std::string_view trail_id, const aws::Region& region);
/// When the last digest of that name ended, in text, in milliseconds: it outlives the trail, as no digest may take another's name.
std::string digested(const Trail& trail, const aws::Region& region);
}  // namespace keys

}  // namespace cairn::delivery

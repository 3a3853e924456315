#pragma once
#include <string>
#include <vector>

#include "archive/digest_file.h"
#include "archive/object_names.h"
#include "delivery/cursor.h"
#include "delivery/signing_keys.h"

/// The digests of a trail: what was delivered in a period, signed and chained. Pure.
namespace cairn::delivery {

constexpr size_t kDigestFilesMax = 5000;  // named by one digest; what is more, the next one names

/// How files of a trail are named.
archive::Place place_of(const Trail& trail);

/// When the period that begins at `start` ends, if it has ended by `now`: a whole number of intervals later, so that a time in which
/// nothing could be delivered is one long period. A clock that was set back does not stop the chain: `rested` is how long the last
/// digest is ago on a clock that cannot be set, and after an interval of it the chain goes on by one second.
std::optional<Time> period_end(Time start, Time now, std::chrono::milliseconds interval, std::chrono::nanoseconds rested);

struct MadeDigest {
  archive::Digest digest;
  std::string json;
  std::string signature;  // hex
};
MadeDigest make_digest(const Trail& trail, const Chain& chain, Time end, const std::vector<CutFile>& files, const SigningKey& key);

/// The chain behind that digest.
Chain next_chain(const Chain& chain, const MadeDigest& made);

}  // namespace cairn::delivery

#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/names.h"
#include "base/result.h"
#include "base/time.h"

/// Proves delivered log files by the signed digests beside them, reading only. What each finding means, and what a chain of digests
/// can and cannot show: docs/verify.md.
namespace cairn::archive {

struct ReadFailure {
  enum Kind { kNotFound, kOther } kind;
  std::string message;  // for a person
};
using Metadata = std::map<std::string, std::string>;  // x-amz-meta-…, names without the prefix, lower case

/// Where the objects are: a bucket, a copy in a directory. Any thread.
class Objects {
 public:
  virtual ~Objects() = default;
  /// Keys that start with `prefix` and sort behind `after` ("": from the beginning), sorted bytewise, at most `limit`. None: there are
  /// no more.
  virtual Result<std::vector<std::string>> list(const std::string& bucket, const std::string& prefix, const std::string& after,
                                                size_t limit) = 0;
  /// Calls `sink` with the bytes, piece by piece, until it returns false. Returns the metadata; nullopt where the source keeps none.
  using Sink = std::function<bool(std::string_view)>;
  virtual Result<std::optional<Metadata>, ReadFailure> read(const std::string& bucket, const std::string& key, const Sink& sink) = 0;
};

/// Keys that are trusted, by fingerprint. Each region has its own.
class PublicKeys {
 public:
  void add(std::string der) { keys_.emplace(fingerprint_of(der), std::move(der)); }
  const std::string* find(const std::string& fingerprint) const {
    const auto found = keys_.find(fingerprint);
    return found == keys_.end() ? nullptr : &found->second;
  }
  size_t size() const { return keys_.size(); }

 private:
  static std::string fingerprint_of(std::string_view der);
  std::map<std::string, std::string> keys_;
};

enum class Kind : uint8_t {
  // Findings: something is not as it was delivered, or cannot be shown to be.
  kDigestDeleted,
  kDigestChanged,
  kDigestDamaged,
  kDigestSignature,
  kDigestKey,
  kDigestResigned,
  kDigestMoved,
  kDigestReplayed,
  kDigestTimes,
  kMissingTime,
  kChainForked,
  kNoDigests,
  kLogDeleted,
  kLogChanged,
  kLogDamaged,
  kLogUnreferenced,
  kUnreadable,
  kNotReached,
  // Notices: a proof ends or begins here, as it may.
  kChainRestarted,
  kEndUnsigned,
  kContinuedElsewhere,
};
constexpr size_t kKinds = static_cast<size_t>(Kind::kContinuedElsewhere) + 1;
std::string_view name(Kind kind);  // digest-deleted
constexpr bool is_notice(Kind kind) { return kind >= Kind::kChainRestarted; }

struct Finding {
  Kind kind;
  std::string bucket, key;  // the object; "" where it is about none
  std::string message;      // what is wrong, for a person
};

struct VerifyRequest {
  std::string bucket;
  std::string prefix;                                   // the trail's S3KeyPrefix
  std::optional<aws::AccountId> account;                // none: all that are found
  std::string trail_name;                               // "": all that are found
  std::optional<aws::Region> home;                      // of the trail; none: any
  std::vector<aws::Region> regions;                     // empty: all that are found
  std::optional<Time> start, end;                       // digests that cover some of it; none: no bound
  enum class Reach { kAny, kEnd } reach = Reach::kAny;  // kEnd: a chain that ends before `end` is a finding
  std::optional<Time> now;                              // a file named for a time well behind it is a forgery; none: not judged
  size_t threads = 1;
  std::function<void(const std::string& key)> proven;  // told of each log file that a signed digest names and that is as it was
};

/// What was found of one trail in one region.
struct VerifiedChain {
  aws::AccountId account;
  aws::Region region;
  std::string trail_name;
  aws::Region home;
  uint64_t digests = 0, digests_valid = 0;
  uint64_t files = 0, files_valid = 0;  // log files that digests name; valid are none that an unsigned digest alone names
  /// From the start of the first valid digest to the end of the last, but for what findings and notices say. None: nothing is proven.
  std::optional<Time> proven_from, proven_until;
  std::chrono::milliseconds period{};  // of the last valid digest
};

struct VerifyReport {
  static constexpr size_t kFindingsMax = 10'000;  // kept; all are counted
  std::vector<VerifiedChain> chains;
  std::vector<Finding> findings;  // in order of chains and time
  std::array<uint64_t, kKinds> counts{};
  uint64_t pending = 0;    // log files newer than the last digest: the next one should name them
  uint64_t uncovered = 0;  // log files of times that no digest covers
  uint64_t raw_bytes = 0;  // of log files, uncompressed

  uint64_t faults() const;  // all but notices
  void add(Finding finding);
};

struct VerifyProgress {
  uint64_t digests = 0, digests_all = 0, files = 0, raw_bytes = 0;
  aws::Region region;
};

using KeysOfRegion = std::function<Result<PublicKeys>(const aws::Region&)>;

/// Memory: some 40 MB and 300 KB a thread besides what the source holds, and 200 bytes for each digest of a region and for each log file
/// that no digest names.
/// Fails only where the objects cannot be listed, or a region's keys not be had. `progress` (may be empty) is called on the caller's
/// thread, often.
Result<VerifyReport> verify(const VerifyRequest& request, Objects& objects, const KeysOfRegion& keys,
                            const std::function<void(const VerifyProgress&)>& progress);

}  // namespace cairn::archive

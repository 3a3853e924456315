#pragma once
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archive/examine.h"
#include "archive/verify.h"

/// The digests of one trail in one region, one after the other: each is judged by itself and by what the next one says of it.
namespace cairn::archive {

class Chain {
 public:
  /// kBackfill: linked like the others, but of any times, and it may begin anew at will.
  enum class Of { kPeriods, kBackfill };
  Chain(Of of, std::optional<Time> range_start, const PublicKeys& keys, VerifiedChain& result, VerifyReport& report)
      : of_(of), range_start_(range_start), keys_(keys), result_(result), report_(report) {}

  /// In order of the names' times. What can be said of the one before is said now.
  void next(ExaminedDigest digest);
  /// After the last. `witness`: the one that follows on it, outside of what is asked for; only for what it says of the last.
  void end(const ExaminedDigest* witness);

  /// The files of a digest that are to be looked at.
  struct Believed {
    std::vector<DigestedFile> files;
    bool is_proven;  // false: on the unsigned word of a chain's last digest
  };
  std::vector<Believed> take_believed() { return std::exchange(believed_, {}); }  // empties the list
  /// Files that a digest named which proves nothing: not to be called unreferenced.
  std::vector<std::string> take_claimed() { return std::exchange(claimed_, {}); }
  /// Times that no digest covers, of which no log file can be asked for.
  struct Gap {
    Time from, to;
  };
  const std::vector<Gap>& gaps() const { return gaps_; }
  /// There are digests, and not one has a signature: they may be anybody's.
  bool is_all_unsigned() const { return unsigned_ > 0 && unsigned_ == settled_; }
  std::optional<Time> first_start() const { return first_start_; }
  std::optional<Time> last_end() const { return last_end_; }

 private:
  void resolve(ExaminedDigest& digest, const ExaminedDigest& next) const;
  bool trusted(const ExaminedDigest& digest) const;
  void begin(const ExaminedDigest& first);
  enum class Next { kInside, kOutside };
  void settle(ExaminedDigest& digest, const ExaminedDigest* next, Next where);
  std::optional<Finding> judge(const ExaminedDigest& digest) const;
  void judge_link(const ExaminedDigest& digest, const ExaminedDigest& next, bool has_trouble);
  void missing_before(const ExaminedDigest& next, std::optional<Time> from);
  void add(Kind kind, const ExaminedDigest& about, std::string message);

  const Of of_;
  const std::optional<Time> range_start_;
  const PublicKeys& keys_;
  VerifiedChain& result_;
  VerifyReport& report_;
  std::deque<ExaminedDigest> held_;  // at most two: the word of the second counts once the third has said whose it is
  std::vector<Believed> believed_;
  std::vector<std::string> claimed_;
  std::vector<Gap> gaps_;
  std::optional<Time> first_start_, last_end_;
  uint64_t settled_ = 0, unsigned_ = 0;
};

}  // namespace cairn::archive

#pragma once
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "blob/store.h"
#include "delivery/cursor.h"
#include "delivery/cut_file_blobs.h"
#include "delivery/destination.h"
#include "delivery/digests.h"
#include "delivery/gather.h"
#include "delivery/signing_keys.h"
#include "env/clock.h"
#include "env/completions.h"
#include "env/files.h"
#include "env/random.h"
#include "env/tasks.h"
#include "journal/journal.h"
#include "state/store.h"

namespace cairn::delivery {

struct Options {
  std::chrono::milliseconds interval = std::chrono::seconds(60);            // an event is in a file at the latest so long after it happened
  std::chrono::milliseconds digest_interval = std::chrono::hours(1);        // whole seconds
  uint64_t backlog_bytes_max = uint64_t{10} << 30;                          // of journal kept for a bucket that does not answer ...
  std::chrono::milliseconds backlog_age_max = std::chrono::hours(24 * 30);  // ... and of what age; beyond, events are dropped
  uint64_t skipped_bytes = 4 << 20;      // of journal without anything wanted, after which the cursor is kept once more
  uint64_t keep_free_bytes = 256 << 20;  // a backlog leaves so much of the disk free, so that no caller is refused for its sake
};

/// Counters of all trails together.
struct Counters {
  std::atomic<uint64_t> files{0}, events{0}, digests{0}, put_failures{0}, dropped{0};
  std::atomic<int64_t> outgoing{0};  // files and digests that were cut and did not arrive yet
};

/// What deliveries work with; all outlive them.
struct Means {
  env::Files& files;
  const env::Clock& clock;
  env::Random& random;
  state::Store& store;
  journal::Journal& journal;
  blob::Store& blobs;
  Destination& destination;
  SigningKeys& signing_keys;
  Counters& counters;
  const std::string data_directory;
  const Options options;
  const Secret object_key = {};  // under which files on their way are sealed; empty: they are not
};

/// One trail at work: reads the journal at its own pace, cuts what the trail wants into files, puts them, and digests them. A task of
/// its own, so that no trail waits for another's bucket.
///
/// Exactly once: cutting is one durable entry that moves the cursor and names the files with their bytes (as blobs); each is then put
/// under its one name until that succeeds, with the same bytes.
class TrailDelivery {
 public:
  TrailDelivery(const Means& means, env::Tasks& tasks, std::string trail_id, Cursor cursor);
  ~TrailDelivery();
  void stop();   // no further step; what was begun ends by itself
  void hurry();  // a trail was changed, perhaps this one: it looks at the journal without a pause. Before stop(), any thread

  journal::Position needed() const { return {needed_.load()}; }  // the journal must keep what lies behind. Any thread
  bool ended() const { return ended_.load(); }                   // the trail is gone, and all its documents. Any thread

 private:
  struct Outcome {
    enum Kind { kDurable, kChecked, kPut } kind = kDurable;
    size_t file = 0;  // kPut: which of outgoing_
    Result<void, PutFailure> result = {};
  };
  /// A file that is to be cut.
  struct Made {
    CutFile file;
    std::string gzip;  // until its blob is written
  };
  enum class Digested { kGoesOn, kEnds };  // the chain

  env::Next step();
  void take_outcomes(bool all_came);
  std::chrono::nanoseconds until_due() const;
  bool is_digest_overdue() const;
  env::Next rest();

  env::Next follow();
  bool read_on();
  void make_files();
  env::Next cut();
  env::Next make_turn();
  env::Next cut_digest(Chain chain, Time end, Digested digested);

  env::Next send();
  void finish_puts(const std::vector<Outcome>& puts);
  void failed(const PutFailure& failure);
  bool is_elsewhere(const Trail& trail, const CutFile& file) const;
  static std::string prefix_of(const CutFile& file);
  bool retarget(const Trail& trail);
  env::Next abandon();

  uint64_t bytes_too_many() const;
  void drop_what_is_too_old();

  std::string trail_arn() const;
  aws::AccountId account() const;
  uint64_t random_number();
  void put_file(state::Transaction& state, const CutFile& file) const;
  bool write_blob(Made& made);
  std::optional<Trail> current_trail() const;
  bool commit(state::Transaction& state, std::function<void()> durable);
  bool commit_cursor(state::Transaction& state, Cursor next);
  env::Next later();

  const Means means_;
  const std::string id_;
  CutFileBlobs blobs_;
  Cursor cursor_;               // as committed
  journal::Position read_;      // gathered_ holds what is wanted between cursor_.position and here
  uint64_t skipped_bytes_ = 0;  // read since the cursor was kept
  std::optional<Turn> turn_;    // read at read_, not yet in the cursor
  Gatherer gathered_;
  std::vector<Made> made_;        // taken out of gathered_, not yet committed
  std::deque<CutFile> outgoing_;  // cut and not yet put, in order
  std::map<aws::Region, Chain> chains_;
  bool digested_last_ = false;              // the step before cut a digest
  std::chrono::nanoseconds digested_at_{};  // steady: the last digest
  Status status_;

  std::chrono::nanoseconds retry_at_{};                      // steady: nothing is tried before
  int failures_ = 0;                                         // in a row
  bool only_refused_ = true;                                 // no attempt since start had an unclear end
  bool checked_ = false;                                     // the bucket was looked at in this round
  std::vector<Outcome> put_;                                 // answered; what was sent with them is not yet
  std::optional<std::chrono::nanoseconds> asked_at_;         // steady: since when the bucket's answer is waited for
  int durable_expected_ = 0;                                 // entries on their way to the journal whose end is waited for
  std::optional<std::chrono::nanoseconds> told_of_dropped_;  // steady
  bool watching_ = false;
  std::atomic<bool> hurried_{false};
  std::chrono::nanoseconds paused_until_{};  // steady

  std::shared_ptr<env::Completions<Outcome>> completions_ = std::make_shared<env::Completions<Outcome>>();
  std::atomic<uint64_t> needed_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> ready_{false};  // the task is known to itself
  std::unique_ptr<env::Task> task_;
};

}  // namespace cairn::delivery

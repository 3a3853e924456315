#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/ports.h"
#include "env/clock.h"
#include "env/tasks.h"
#include "journal/journal.h"
#include "services/s3/lifecycle_rules.h"
#include "services/s3/version_scan.h"
#include "state/store.h"

namespace cairn::s3 {

/// What the lifecycle did to one version or upload.
struct Expiration {
  enum class Kind { kObject, kDeleteMarker, kUpload };  // deleted for good; a delete marker put over it; an unfinished upload given up
  Kind kind = Kind::kObject;
  std::string bucket, key;
  std::string version;  // id of what was deleted, or of the marker; "": the bucket has no versions
  std::optional<uint64_t> size;
  Time time;

  std::string_view operation() const;  // as server access logs call it: S3.EXPIRE.OBJECT
};

/// Carries out the lifecycle rules of all buckets: a pass through each of them that begins once a day, at midnight UTC. A task's step;
/// its thread alone. What a step finds due it looks at once more, and deletes it in entries of their own, without a record, as on AWS;
/// after a crash the pass goes on near where it was.
class Lifecycle {
 public:
  /// Called in the transaction that carries an expiration out, for what is to be kept of it (the access log). Returns how many bytes of
  /// entry that takes.
  using Note = std::function<size_t(state::Transaction&, const Expiration&)>;

  Lifecycle(api::Ports& ports, state::Store& store, journal::Journal& journal, Note note = nullptr)
      : ports_(ports), store_(store), journal_(journal), note_(std::move(note)) {}

  env::Next step();

 private:
  /// How far the pass is. Kept as s3/lifecycle, so that a crash costs a page.
  struct Place {
    Time day;            // whose pass it is
    bool done = true;    // it is over
    std::string bucket;  // "": none yet
    bool in_uploads = false;
    std::string after_key, after_version;  // within the bucket
  };
  /// Of the key at hand: what its next version must know.
  struct Behind {
    Time since;          // when the next version ceased to be current
    uint64_t newer = 0;  // versions between it and the current one
  };
  struct Due {
    std::string key, id;  // id of a version, or an upload
    enum class What { kCurrent, kNoncurrent, kMarker, kUpload } what;
  };

  void load();
  void save(state::Transaction& transaction) const;
  bool next_bucket();
  std::vector<Due> look(api::Call& call, const std::vector<LifecycleRule>& rules);
  void look_at_version(const std::vector<LifecycleRule>& rules, const ScannedVersion& version, std::vector<Due>& due);
  std::vector<Due> look_at_uploads(api::Call& call, const std::vector<LifecycleRule>& rules);
  bool carry_out(const std::vector<Due>& due);
  std::optional<Expiration> expire(api::Call& call, const Due& due, size_t& budget, bool& fits) const;
  api::Call call_on(state::Transaction& transaction);

  api::Ports& ports_;
  state::Store& store_;
  journal::Journal& journal_;
  const Note note_;
  std::optional<Place> place_;
  Behind behind_;
  Time now_;
};

}  // namespace cairn::s3

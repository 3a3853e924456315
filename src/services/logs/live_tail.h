#pragma once
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/ports.h"
#include "env/clock.h"
#include "env/random.h"
#include "http/live_source.h"
#include "logs/store.h"
#include "patterns/filter/filter_pattern.h"
#include "services/logs/group.h"
#include "services/logs/sealed_event.h"

namespace cairn::logs_service {

/// A session of StartLiveTail: tells its client each second what came into its log groups, at most kEventsMax of it, drawn evenly if there
/// is more. It hears of batches as the store takes them (any thread) and makes something of them where the answer is sent from.
class LiveTail final : public http::LiveSource, public logs::Listener {
 public:
  static constexpr size_t kEventsMax = 500;               // told at once
  static constexpr size_t kFoundBytesMax = 1 << 20;       // of messages looked at for them
  static constexpr size_t kHeardBytesMax = 8 << 20;       // not looked at yet; beyond it batches are passed over
  static constexpr std::chrono::milliseconds kLook{100};  // ... at most that long
  static constexpr std::chrono::seconds kUpdate{1};
  static constexpr std::chrono::hours kLasts{3};

  struct Tailed {
    Group group;
    std::map<uint32_t, Secret> data_keys;  // of a group under a key of KMS: what its newest events are under
  };
  struct Filter {
    std::vector<std::string> stream_names, stream_prefixes;  // both empty: all streams
    patterns::FilterPattern pattern;
  };
  struct Means {
    const env::Clock& clock;
    env::Random& random;
    logs::Store& store;
    const state::Watch* kms;  // changes with what KMS would say of data keys ...
    uint64_t kms_version;     // ... and as it was when they were opened
  };
  /// `place`: gives back what the session counts as; it goes last. `start`: the event sessionStart, as JSON.
  LiveTail(const Means& means, std::vector<Tailed> groups, Filter filter, std::string start, std::shared_ptr<void> place);
  ~LiveTail() override;

  Piece next() override;
  void came(const logs::Batch& batch) override;

 private:
  struct At {
    Group group;
    MessageOpener opener;
  };
  void look_at(const logs::Batch& batch);
  void take(Json event);
  bool wants_stream(std::string_view name) const;
  std::string update();
  std::string end(std::string_view exception, std::string_view message) const;

  const std::shared_ptr<void> place_;
  const Means means_;
  const Filter filter_;
  std::map<std::string, At> groups_;  // by id
  bool has_keys_ = false;
  std::string start_;  // "": told already
  std::chrono::nanoseconds ends_, next_update_;
  std::vector<Json> found_;  // of this second
  size_t found_bytes_ = 0;
  uint64_t matches_ = 0;

  std::mutex mutex_;  // guards the rest
  std::deque<logs::Batch> heard_;
  size_t heard_bytes_ = 0;
  bool passed_over_ = false;
};

}  // namespace cairn::logs_service

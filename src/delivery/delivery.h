#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "delivery/log_group_delivery.h"
#include "delivery/trail_delivery.h"
#include "journal/follower.h"

namespace cairn::delivery {

/// All trails at work: a follower that begins a TrailDelivery for each trail that is made, a LogGroupDelivery for each that gets a log
/// group, and lets go of those that have ended.
class Delivery : public journal::Follower {
 public:
  /// `from`: what the state holds already; the trails in it are begun at once.
  Delivery(const Means& means, const LogGroupDelivery::Means& log_means, env::Tasks& tasks, journal::Position from);

  std::string_view name() const override { return "delivery"; }
  /// What the journal must keep: the least of what the trails still need.
  journal::Position position() const override;
  void consume(journal::Position position, const journal::EntryView& entry) override;
  /// No trail takes a further step; what was begun ends by itself. Before the journal drains.
  void stop();

  size_t trails() const;
  uint64_t backlog() const;  // entries of the journal that the slowest trail has not read

 private:
  void begin(const std::string& trail_id, Cursor cursor);
  void begin(const std::string& trail_id, LogCursor cursor);
  /// What a change of a cursor's document means for those at work: a new one is begun, one without document is over.
  template <class Work, class MadeCursor>
  void take_change(std::map<std::string, std::unique_ptr<Work>>& at_work, const std::string& trail_id, bool is_there, MadeCursor&& made);

  const Means means_;
  const LogGroupDelivery::Means log_means_;
  env::Tasks& tasks_;
  std::atomic<uint64_t> consumed_;
  mutable std::mutex mutex_;  // guards the two below; by the trail's id
  std::map<std::string, std::unique_ptr<TrailDelivery>> trails_;
  std::map<std::string, std::unique_ptr<LogGroupDelivery>> log_groups_;
};

}  // namespace cairn::delivery

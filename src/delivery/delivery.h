#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "delivery/trail_delivery.h"
#include "journal/follower.h"

namespace cairn::delivery {

/// All trails at work: a follower that begins a TrailDelivery for each trail that is made, and lets go of those that have ended.
class Delivery : public journal::Follower {
 public:
  /// `from`: what the state holds already; the trails in it are begun at once.
  Delivery(const Means& means, env::Tasks& tasks, journal::Position from);

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

  const Means means_;
  env::Tasks& tasks_;
  std::atomic<uint64_t> consumed_;
  mutable std::mutex mutex_;  // guards trails_
  std::map<std::string, std::unique_ptr<TrailDelivery>> trails_;
};

}  // namespace cairn::delivery

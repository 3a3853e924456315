#pragma once
// Test only: a simulated machine with metrics, to put followers of the journal on.
#include "metrics/store.h"
#include "state/sim/machine.h"

namespace cairn::services {

class SimMachine : public state::SimMachine {
 public:
  explicit SimMachine(uint64_t seed = 1) : state::SimMachine(seed, 1 << 20) {}

  /// `followers` puts on what is tested, before metrics are fed.
  void start(const std::function<void()>& followers) {
    boot();
    auto made = metrics::Store::open(files, clock, {.directory = "/data/metrics", .tail_bytes_max = 64 << 10});
    ASSERT_TRUE(made) << made.error().message;
    metrics = std::move(*made);
    followers();
    metrics_feed = std::make_unique<journal::Feed>(*journal, *tasks, *metrics);
  }

  /// In order; what `followers` put on goes by `off`.
  void halt(const std::function<void()>& off) {
    metrics_feed.reset();
    off();
    drain();
    metrics.reset();
    take_down();
  }
  /// The power goes.
  void crash(const std::function<void()>& off) {
    cut_power();
    metrics_feed.reset();
    off();
    metrics.reset();
    take_down();
    restore_power();
  }

  std::unique_ptr<metrics::Store> metrics;
  std::unique_ptr<journal::Feed> metrics_feed;
};

}  // namespace cairn::services

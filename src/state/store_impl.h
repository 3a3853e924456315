#pragma once
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "state/layer.h"
#include "state/row_cache.h"
#include "state/store.h"

namespace cairn::state {

/// Changes lie in layers above the engine: `active` takes commits; a checkpoint sets it apart as `frozen`, and when that is in
/// the engine it is `retained` for as long as a transaction lives that began before.
/// Locks, in this order: checkpoint, commit, overlay, live.
struct Store::Impl {
  enum class Outcome { kDone, kNotDurable, kFailed };

  Impl(Engine& engine, const Options& options);

  Value get(std::string_view key);
  std::vector<std::pair<std::string, Value>> list(std::string_view prefix, std::string_view after, size_t limit);
  std::vector<std::pair<std::string, Value>> overlay_range(std::string_view prefix, std::string_view after, size_t puts) const;

  journal::Position enter();  // a transaction begins: its base
  void leave(journal::Position base);
  uint64_t oldest_base();  // of all that live
  static bool changed_since(uint64_t base, const Layer& layer, std::span<const std::string> keys,
                            std::span<const Transaction::RangeRead> ranges);
  bool valid(uint64_t base, std::span<const std::string> keys, std::span<const Transaction::RangeRead> ranges) const;
  void apply(journal::Position position, const journal::EntryView& entry);  // with commit and overlay lock

  env::Next step();
  Outcome checkpoint();
  Result<void> write(const Layer& layer, journal::Position position);
  void flush_replayed();
  bool trim();  // true: nothing is retained any more

  Engine& engine;
  const Options options;
  RowCache cache;
  journal::Journal* journal = nullptr;

  std::mutex commit_mutex;
  std::vector<std::unique_ptr<Watch>> watches;
  bool dirty = false;  // commits since the last layer was set apart

  mutable std::shared_mutex overlay_mutex;
  Layer active;
  std::shared_ptr<Layer> frozen;  // null: none
  std::deque<std::shared_ptr<Layer>> retained;
  size_t retained_bytes = 0;
  uint64_t horizon;  // all changes after it are in some layer

  std::atomic<uint64_t> visible;  // everything up to here can be read
  std::atomic<uint64_t> checkpointed;
  std::atomic<size_t> waiting_bytes{0};  // active and frozen

  std::mutex live_mutex;
  std::map<uint64_t, size_t> live;  // base -> transactions

  std::mutex checkpoint_mutex;
  journal::Position frozen_position;
  bool failing = false;
  bool due = false;                 // step(): waited long enough
  std::unique_ptr<env::Task> task;  // last: its steps use all of the above
};

}  // namespace cairn::state

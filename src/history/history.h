#pragma once
#include <deque>
#include <memory>
#include <mutex>

#include "history/imports.h"
#include "history/merge.h"
#include "history/segment.h"
#include "history/store.h"
#include "history/tail.h"
#include "segment/collection.h"

namespace cairn::history {

/// The history as segments plus a tail in memory. A search takes a snapshot of both and holds no lock while it reads files.
class SegmentedHistory : public History {
 public:
  SegmentedHistory(env::Files& files, const env::Clock& clock, Options options);
  Result<void> load();

  std::string_view name() const override { return "history"; }
  journal::Position position() const override { return {events_.position()}; }
  void consume(journal::Position position, const journal::EntryView& entry) override;
  void caught_up(journal::Position) override;
  Result<Visited> visit(const Query& query, const Visit& f) override;
  Result<Counted> count(const Query& query, const Tally& tally, Counter& counter) override;
  Result<Staged> stage(std::span<const Arrival> arrivals) override;
  void clear(journal::Position position) override;
  void expire() override;
  void tidy(const std::function<bool()>& wanted) override;
  uint64_t damaged() const override { return events_.reported(); }
  static constexpr int kCatchUpRate = 24;                     // days of retention that pass in a day after a jump of the clock
  static constexpr auto kJumpNoted = std::chrono::hours(48);  // a clock so far ahead is logged
  uint64_t events() const override;
  size_t segments() const { return events_.segments()->size(); }

  /// Everything consumed becomes a segment. Called when the tail is full; by tests at any time. False: the disk refused, the
  /// tail stays in memory.
  bool seal();
  /// See Segment::verify.
  Result<void> verify() const;

 private:
  struct Snapshot {
    std::shared_ptr<const Tail> tail;  // nothing: its events are not asked for
    Segments live, imported;
    Cursor end;  // behind the newest live event
  };
  Snapshot snapshot(const Query& query) const;
  Result<Visited> visit(const Snapshot& events, const Selection& selection, const Visit& f);
  void add_records(Tail& tail, uint64_t position, const std::vector<std::string_view>& records);
  bool seal_locked();
  bool adopt_waiting();
  std::string new_name(uint64_t last_position, const Segments& segments);

  env::Files& files_;
  const env::Clock& clock_;
  const Options options_;

  Time reckoned_now();  // with writing_

  std::mutex writing_;     // one consume, seal, clear or expire at a time; held over file I/O
  uint64_t consumed_ = 0;  // the last entry in tail or segments
  json::Document document_;
  std::optional<Time> reckoned_;  // what expire took the time for, and when
  std::chrono::nanoseconds reckoned_at_{};
  bool jump_noted_ = false;
  segment::Collection<Segment, std::shared_ptr<Tail>> events_;
  Merger<std::shared_ptr<Tail>> merger_;  // by tidy's task only
  uint64_t merges_ = 0;                   // the same
  Imports imports_;
  std::deque<std::string> waiting_imports_;  // the disk refused them so far
};

}  // namespace cairn::history

#pragma once
#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "history/imports.h"
#include "history/sifting.h"

namespace cairn::history {

/// What a query allows to be looked at.
class Work {
 public:
  Work(const Query& query, const env::Clock& clock) : query_(query), clock_(clock), began_(clock.steady()) {}
  void look(std::string_view record) { bytes_ += record.size(); }
  std::chrono::nanoseconds now() const { return clock_.steady(); }
  bool is_done() {
    if (bytes_ >= query_.work_bytes_max) return true;
    if (query_.work_time_max == std::chrono::milliseconds::max() || ++asked_ % kClockEvery != 0) return false;
    return clock_.steady() - began_ >= query_.work_time_max;
  }

 private:
  static constexpr size_t kClockEvery = 64;
  const Query& query_;
  const env::Clock& clock_;
  const std::chrono::nanoseconds began_;
  size_t bytes_ = 0, asked_ = 0;
};

/// Puts imported events among those that happened here: these are in the order in which they were recorded, the others in that of their
/// time; the newer one comes first, or the older one, as the query wants it. Reads imported ones as they are needed.
class Interleaved {
 public:
  /// `end`: a cursor behind the newest live event there is.
  Interleaved(const Selection& selection, Segments segments, const Cursor& end, Work& work, const History::Visit& f);

  /// The next live event that is wanted. False: no more are.
  bool live(Event&& event);
  /// A live event that is not wanted was looked at.
  void pass(const Cursor& cursor);
  /// There are no more live ones.
  Result<void> rest();
  void pause() { is_paused_ = true; }

  History::Visited visited() const;
  const std::optional<Failure>& error() const { return error_; }

 private:
  static constexpr size_t kGatheredMax = 2048;
  static constexpr size_t kGatheredBytesMax = 4 << 20;
  static constexpr uint32_t kSliceRowsMin = 256, kSliceRowsMax = 16'384;
  static constexpr std::chrono::milliseconds kSliceShort{50}, kSliceLong{200};  // who has no more time hears of it after one
  struct InOrder {
    bool is_newest_first;
    bool operator()(const ImportedPlace& a, const ImportedPlace& b) const { return is_newest_first ? older(b, a) : older(a, b); }
  };

  template <class While>
  bool emit_while(While&& is_due);
  void gather();
  ImportedPlace slice_end() const;
  void pass_imported(const ImportedPlace& place);

  const Selection& selection_;
  const bool is_newest_first_;
  const InOrder in_order_;
  Segments segments_;
  std::deque<Segment::Sifting> siftings_;  // of each segment
  Work& work_;
  const History::Visit& f_;
  Cursor place_;  // where to go on
  std::map<ImportedPlace, Event, InOrder> gathered_;
  bool has_more_;  // beyond what is gathered
  ImportedPlace gathered_to_;
  size_t gathered_max_;
  uint32_t slice_rows_ = kSliceRowsMin;
  bool has_looked_ = false, is_paused_ = false;
  json::Document document_;
  std::optional<Failure> error_;
};

}  // namespace cairn::history

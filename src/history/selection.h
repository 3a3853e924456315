#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "history/store.h"

namespace cairn::history {

/// One event in the index, as in docs/formats/history.md.
struct Row {
  uint32_t position = 0;  // relative to the first position of its tail or segment
  uint32_t index = 0;
  uint32_t time = 0;
  uint16_t place = 0;  // the two flags
  uint16_t scope = 0;
};
constexpr uint16_t kReadOnlyFlag = 1, kManagementFlag = 2;

struct Scope {
  std::string account, region;
  bool operator==(const Scope&) const = default;
};

inline bool older(const Cursor& a, const Cursor& b) { return a.position != b.position ? a.position < b.position : a.index < b.index; }

inline bool older(const ImportedPlace& a, const ImportedPlace& b) {
  return std::tie(a.time, a.position, a.index) < std::tie(b.time, b.position, b.index);
}

/// From one place on, and before another; none: there is no such bound.
struct Between {
  std::optional<Cursor> from, before;
};

/// Seconds since 1970 as rows hold them: what does not fit is clamped, so that comparing stays right.
uint32_t row_seconds(Time time);

/// A query, made ready: which terms lead to candidates, what a row can already rule out, and the exact answer.
class Selection {
 public:
  Selection(const Query& query, Time now, std::chrono::milliseconds retention);

  bool impossible() const { return impossible_; }
  /// Hashes whose postings hold every wanted event; may be none.
  const std::vector<uint64_t>& terms() const { return terms_; }
  const Query& query() const { return query_; }
  /// Parallel to `scopes`: which kinds of their events are wanted, kManagement and kData.
  static constexpr char kManagement = 1, kData = 2;
  std::vector<char> wanted_scopes(const std::vector<Scope>& scopes) const;
  bool overlaps(uint32_t oldest, uint32_t newest) const { return newest >= oldest_ && oldest <= newest_; }
  bool covers(uint32_t oldest, uint32_t newest) const { return oldest >= oldest_ && newest <= newest_; }
  /// False: surely not wanted. The rest is told by the event itself.
  bool may_want(const Row& row, const std::vector<char>& scopes) const {
    const char kind = (row.place & kManagementFlag) != 0 ? kManagement : kData;
    return may_want_time(row.time) && (scopes[row.scope] & kind) != 0 && (row.place & flags_considered_) == flags_wanted_;
  }
  /// The same of a time, and of a place by itself.
  bool may_want_time(uint32_t time) const { return time >= oldest_ && time <= newest_; }
  bool may_want_place(const Scope& scope, uint16_t flags) const {
    return may_want({.time = oldest_, .place = flags, .scope = 0}, wanted_scopes({scope}));
  }
  /// Exactly; but whether its scope may be seen is told by `may_want`.
  bool wants(const event::Attributes& attributes, std::string_view record) const;

 private:
  const Query& query_;
  Time expired_before_;
  uint32_t oldest_ = 0, newest_ = 0xffffffff;
  uint16_t flags_considered_ = 0, flags_wanted_ = 0;
  std::vector<uint64_t> terms_;
  bool impossible_ = false;
};

/// Calls `f(row)` for each row below `bound` that is in every list, newest first, until it returns false. A list gives falling
/// rows: done(), row(), seek(row): on to the first not above it. Without lists: every row.
template <class List, class F>
void intersect(std::vector<List>& lists, uint32_t bound, F&& f) {
  while (bound > 0) {
    uint32_t candidate = bound - 1;
    for (size_t agreed = 0, i = 0; agreed < lists.size(); i = (i + 1) % lists.size()) {
      List& list = lists[i];
      list.seek(candidate);
      if (list.done()) return;
      if (list.row() < candidate) {
        candidate = list.row();
        agreed = 1;
      } else {
        ++agreed;
      }
    }
    if (!f(candidate)) return;
    bound = candidate;
  }
}

/// The same of the rows from `floor` on, in an order. The oldest first, rows are gathered before the first call.
template <class List, class F>
void intersect(std::vector<List>& lists, uint32_t floor, uint32_t bound, Query::Order order, F&& f) {
  if (order == Query::Order::kNewestFirst) {
    intersect(lists, bound, [&](uint32_t row) { return row >= floor && f(row); });
  } else if (lists.empty()) {
    for (uint32_t row = floor; row < bound && f(row); ++row) continue;
  } else {
    std::vector<uint32_t> rows;
    intersect(lists, bound, [&](uint32_t row) {
      if (row >= floor) rows.push_back(row);
      return row >= floor;
    });
    for (auto row = rows.rbegin(); row != rows.rend() && f(*row); ++row) continue;
  }
}

}  // namespace cairn::history

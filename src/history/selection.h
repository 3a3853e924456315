#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "history/store.h"

namespace cairn::history {

/// One event in the index, as in docs/formats/history.md. In the tail `block` is the block's number.
struct Row {
  uint32_t position = 0;  // relative to the first position of its tail or segment
  uint32_t index = 0;
  uint32_t time = 0;
  uint32_t block = 0, block_length = 0;
  uint16_t place = 0;  // kPlaceMask and the two flags
  uint16_t scope = 0;
};
constexpr uint16_t kPlaceMask = 0x3fff, kReadOnlyFlag = 0x4000, kManagementFlag = 0x8000;

struct Scope {
  std::string account, region;
  bool operator==(const Scope&) const = default;
};

inline bool older(const Cursor& a, const Cursor& b) { return a.position != b.position ? a.position < b.position : a.index < b.index; }

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
  bool wants_scope(const Scope& scope) const;
  std::vector<char> wanted_scopes(const std::vector<Scope>& scopes) const;  // parallel to `scopes`
  bool overlaps(uint32_t oldest, uint32_t newest) const { return newest >= oldest_ && oldest <= newest_; }
  /// False: surely not wanted. The rest is told by the event itself.
  bool may_want(const Row& row, const std::vector<char>& scopes) const {
    return row.time >= oldest_ && row.time <= newest_ && scopes[row.scope] != 0 && (row.place & flags_considered_) == flags_wanted_;
  }
  bool wants(const event::Attributes& attributes) const;

 private:
  const Query& query_;
  Time expired_before_;
  uint32_t oldest_ = 0, newest_ = 0xffffffff;
  uint16_t flags_considered_ = 0, flags_wanted_ = 0;
  std::vector<uint64_t> terms_;
  bool impossible_ = false;
};

/// Calls `f(row)` for each row below `bound` that is in every list, newest first, until it returns false. A list gives falling
/// rows: done(), row(), next(). Without lists: every row.
template <class List, class F>
void intersect(std::vector<List>& lists, uint32_t bound, F&& f) {
  while (bound > 0) {
    uint32_t candidate = bound - 1;
    for (size_t agreed = 0, i = 0; agreed < lists.size(); i = (i + 1) % lists.size()) {
      List& list = lists[i];
      while (!list.done() && list.row() > candidate) list.next();
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

}  // namespace cairn::history

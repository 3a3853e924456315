#include <algorithm>
#include <iterator>
#include <set>

#include "base/check.h"
#include "base/log.h"
#include "history/history.h"
#include "history/interleaved.h"
#include "history/tallying.h"

namespace cairn::history {

namespace {

constexpr size_t kGatheredMax = 256;  // candidates taken from the tail at once: they are copies

/// Checks candidates exactly, and hands on those that are wanted.
class Checker {
 public:
  Checker(const Selection& selection, Work& work, Interleaved& events) : selection_(selection), work_(work), events_(events) {}

  /// False: no more are wanted, or the work that is allowed is done.
  bool offer(Cursor cursor, std::string_view record) {
    const Query& query = selection_.query();
    if (has_looked_ && work_.is_done()) {
      events_.pause();
      return false;
    }
    has_looked_ = true;
    work_.look(record);
    if (!record.empty() && (query.condition == nullptr || query.condition->may_hold(record))) {
      auto attributes = event::attributes(record, document_);
      if (attributes && selection_.wants(*attributes, record)) return events_.live({cursor, std::move(*attributes), std::string(record)});
    }
    events_.pass(cursor);
    return true;
  }

 private:
  const Selection& selection_;
  Work& work_;
  Interleaved& events_;
  json::Document document_;
  bool has_looked_ = false;
};

/// False: no more are wanted.
Result<bool> visit_tail(const Tail& tail, const Selection& selection, Checker& checker) {
  std::optional<Cursor> place;
  const size_t limit = std::min(kGatheredMax, std::max(selection.query().limit, selection.query().limit + 1));
  while (true) {
    const std::vector<Tail::Candidate> candidates = tail.gather(selection, place, limit);
    for (const Tail::Candidate& candidate : candidates) {
      if (!checker.offer(candidate.cursor, candidate.record)) return false;
    }
    if (candidates.size() < limit) return true;
    place = candidates.back().cursor;
  }
}

}  // namespace

Result<Page> History::search(const Query& query) {
  Page page;
  if (query.limit == 0 || query.bytes_max == 0) return page;
  size_t bytes = 0;
  // One event more than asked for tells that there is a next page.
  const Result<Visited> visited = visit(query, [&](Event&& event) {
    if (page.events.size() == query.limit || bytes >= query.bytes_max) {
      page.next = page.events.back().cursor;
      return false;
    }
    bytes += event.record.size();
    page.events.push_back(std::move(event));
    return true;
  });
  if (!visited) return tl::unexpected(visited.error());
  if (!page.next) page.next = visited->next;
  page.seen = page.next ? page.next : visited->seen;
  return page;
}

SegmentedHistory::Snapshot SegmentedHistory::snapshot(const Query& query) const {
  Snapshot taken;
  events_.look([&](const auto& tail, const auto& segments) {
    taken.tail = tail;
    taken.live = *segments;
  });
  if ((!query.before || query.before->imported) && (!query.newer_than || query.newer_than->imported)) taken.imported = *imports_.segments();
  taken.end = taken.tail->end();
  return taken;
}

Result<History::Visited> SegmentedHistory::visit(const Query& query, const Visit& f) {
  const Selection selection(query, clock_.now(), options_.retention);
  if (selection.impossible()) return Visited();
  return visit(snapshot(query), selection, f);
}

Result<History::Visited> SegmentedHistory::visit(const Snapshot& all, const Selection& selection, const Visit& f) {
  const Query& query = selection.query();
  Work work(query, clock_);
  Interleaved events(selection, all.imported, all.end, work, f);
  Checker checker(selection, work, events);
  bool open = true;
  const auto visit_segment = [&](const Segment& segment) -> Result<void> {
    return segment.visit(selection, [&](Cursor cursor, std::string_view record) { return open = checker.offer(cursor, record); });
  };
  const auto visit_newest = [&]() -> Result<void> {
    if (all.tail == nullptr) return {};
    const Result<bool> more = visit_tail(*all.tail, selection, checker);
    if (!more) return tl::unexpected(more.error());
    open = *more;
    return {};
  };
  Result<void> done;
  if (query.order == Query::Order::kNewestFirst) {
    done = visit_newest();
    for (auto segment = all.live.rbegin(); done && open && segment != all.live.rend(); ++segment) done = visit_segment(**segment);
  } else {
    for (auto segment = all.live.begin(); done && open && segment != all.live.end(); ++segment) done = visit_segment(**segment);
    if (done && open) done = visit_newest();
  }
  if (done && open) done = events.rest();
  if (done && events.error()) done = tl::unexpected(*events.error());
  if (!done) {
    log::error("a lookup failed", {{"error", done.error().message}});
    return tl::unexpected(done.error());
  }
  return events.visited();
}

Result<History::Counted> SegmentedHistory::count(const Query& query, const Tally& tally, Counter& counter) {
  CHECK(query.order == Query::Order::kNewestFirst && !query.newer_than);
  constexpr size_t kDamagedMax = 8;  // segments that are found so on the way; then all is read
  const Selection selection(query, clock_.now(), options_.retention);
  if (selection.impossible()) return Counted();
  const Snapshot all = snapshot(query);
  const ColumnSet needed = Tallying::columns_of(tally);
  std::set<const Segment*> damaged;
  bool is_all_read = false;
  const auto is_read = [&](const auto& segment) {
    return is_all_read || (needed & ~segment->columns()) != 0 || damaged.contains(segment.get());
  };
  for (;; counter.forget()) {
    // What must be read comes first: how far that gets, so far all the rest is counted.
    Snapshot read{.tail = nullptr, .live = {}, .imported = {}, .end = all.end};
    std::ranges::copy_if(all.live, std::back_inserter(read.live), is_read);
    std::ranges::copy_if(all.imported, std::back_inserter(read.imported), is_read);
    const auto tail = is_all_read ? nullptr : all.tail->copy_columns(needed);
    if (tail == nullptr) read.tail = all.tail;
    Counted counted;
    if (read.tail != nullptr || !read.live.empty() || !read.imported.empty()) {
      std::optional<Time> seen;
      const auto visited = visit(read, selection, [&](const Event& event) {
        seen = event.attributes.time;
        counter.add(event);
        return true;
      });
      if (!visited) return tl::unexpected(visited.error());
      counted.next = visited->next;
      if (counted.next) counted.seen_from = seen;
    }

    const auto began = clock_.steady();
    const Tallying::IsLate is_late = [&] {
      return query.work_time_max != std::chrono::milliseconds::max() && clock_.steady() - began >= query.work_time_max / 2;
    };
    /// False: all is to be counted anew.
    const auto count_in = [&](ColumnSource& source) -> Result<bool> {
      Tallying tallying(selection, tally, counter, source, is_late);
      const auto done = tallying.count({counted.next, query.before});
      if (!done || !*done) return done;
      if (auto told = tallying.tell(); !told) return tl::unexpected(told.error());
      return true;
    };
    bool is_done = true;
    if (tail != nullptr) {
      const auto done = count_in(*tail);
      is_done = done && *done;
      is_all_read = !is_done;
    }
    for (const Segments* segments : {&all.live, &all.imported})
      for (const auto& segment : *segments) {
        if (!is_done || is_read(segment)) continue;
        const auto done = count_in(*segment->read_columns());
        is_done = done && *done;
        if (!done && !segment->is_dropped()) segment->report(done.error());
        if (!done) damaged.insert(segment.get());
        is_all_read = damaged.size() > kDamagedMax || (done && !*done);
      }
    if (is_done) return counted;
  }
}

}  // namespace cairn::history

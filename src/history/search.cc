#include <algorithm>
#include <deque>

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

/// All is counted before the counter is told anything, as it may turn out that events are better read; and what is read comes before what
/// was counted is told: as far as reading gets, so far counts everything.
Result<History::Counted> SegmentedHistory::count(const Query& query, const Tally& tally, Counter& counter) {
  CHECK(query.order == Query::Order::kNewestFirst && !query.newer_than);
  const Selection selection(query, clock_.now(), options_.retention);
  if (selection.impossible()) return Counted();
  const Snapshot all = snapshot(query);
  Snapshot read{.tail = nullptr, .live = {}, .imported = {}, .end = all.end};
  struct Counting {
    std::unique_ptr<ColumnSource> source;
    Tallying tallying;
  };
  std::deque<Counting> counted;
  const auto began = clock_.steady();
  const auto is_late = [&] {
    return query.work_time_max != std::chrono::milliseconds::max() && clock_.steady() - began >= query.work_time_max / 2;
  };
  bool is_better_read = false;
  /// False: it is to be read.
  const auto count_by = [&](std::unique_ptr<ColumnSource> source, const Segment* of) {
    Tallying tallying(selection, tally, counter, *source);
    const auto done = tallying.count({.from = std::nullopt, .before = query.before}, is_late);
    if (!done && of != nullptr && !of->is_dropped()) of->report(done.error());
    if (!done) return false;
    is_better_read = !*done;
    counted.push_back({std::move(source), std::move(tallying)});
    return true;
  };
  const ColumnSet needed = Tallying::columns_of(tally);
  if (auto copy = all.tail->copy_columns(needed); !copy || !count_by(std::move(copy), nullptr)) read.tail = all.tail;
  for (const auto& [from, to] : {std::pair(&all.live, &read.live), std::pair(&all.imported, &read.imported)})
    for (const auto& segment : *from) {
      if (is_better_read) break;
      const bool has_columns = (needed & ~segment->columns()) == 0;
      if (!has_columns || !count_by(segment->read_columns(), segment.get())) to->push_back(segment);
    }
  if (is_better_read) {
    read = all;
    counted.clear();
  }

  Counted result;
  if (read.tail != nullptr || !read.live.empty() || !read.imported.empty()) {
    std::optional<Time> seen;
    const auto visited = visit(read, selection, [&](const Event& event) {
      seen = event.attributes.time;
      counter.add(event);
      return true;
    });
    if (!visited) return tl::unexpected(visited.error());
    result.next = visited->next;
    if (result.next) result.seen_from = seen;
  }
  for (Counting& one : counted) {
    Result<void> told;
    if (result.next) {
      const auto again = one.tallying.count({.from = result.next, .before = query.before}, [] { return false; });
      if (!again) told = tl::unexpected(again.error());
    }
    if (told) told = one.tallying.tell();
    if (!told) {
      log::error("events cannot be counted", {{"error", told.error().message}});
      return tl::unexpected(told.error());
    }
  }
  return result;
}

}  // namespace cairn::history

#include <algorithm>

#include "base/log.h"
#include "history/history.h"
#include "history/interleaved.h"

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

Result<History::Visited> SegmentedHistory::visit(const Query& query, const Visit& f) {
  const Selection selection(query, clock_.now(), options_.retention);
  if (selection.impossible()) return Visited();
  const auto both = events_.look([](const auto& newest, const auto& rest) { return std::pair(newest, rest); });
  const std::shared_ptr<const Tail> tail = both.first;
  const auto& segments = both.second;
  const bool with_imported = (!query.before || query.before->imported) && (!query.newer_than || query.newer_than->imported);
  Work work(query, clock_);
  Interleaved events(selection, with_imported ? *imports_.segments() : Segments(), tail->end(), work, f);
  Checker checker(selection, work, events);
  bool open = true;
  const auto visit_segment = [&](const Segment& segment) -> Result<void> {
    return segment.visit(selection, [&](Cursor cursor, std::string_view record) { return open = checker.offer(cursor, record); });
  };
  const auto visit_newest = [&]() -> Result<void> {
    const Result<bool> more = visit_tail(*tail, selection, checker);
    if (!more) return tl::unexpected(more.error());
    open = *more;
    return {};
  };
  Result<void> done;
  if (query.order == Query::Order::kNewestFirst) {
    done = visit_newest();
    for (auto segment = segments->rbegin(); done && open && segment != segments->rend(); ++segment) done = visit_segment(**segment);
  } else {
    for (auto segment = segments->begin(); done && open && segment != segments->end(); ++segment) done = visit_segment(**segment);
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

}  // namespace cairn::history

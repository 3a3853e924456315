#include <algorithm>

#include "base/log.h"
#include "history/history.h"
#include "segment/block.h"

namespace cairn::history {

namespace {

/// Checks candidates exactly and fills one page; one event more than asked for tells that there is a next page.
class Collector {
 public:
  explicit Collector(const Selection& selection) : selection_(selection) {}

  /// False: the page is complete.
  bool offer(Cursor cursor, std::string_view record) {
    auto attributes = event::attributes(record, document_);
    if (!attributes || !selection_.wants(*attributes)) return true;
    if (page_.events.size() == selection_.query().limit || bytes_ >= selection_.query().bytes_max) {
      page_.next = page_.events.back().cursor;
      return false;
    }
    bytes_ += record.size();
    page_.events.push_back({cursor, std::move(*attributes), std::string(record)});
    return true;
  }
  size_t wanted() const { return selection_.query().limit + 1 - page_.events.size(); }
  Page take() { return std::move(page_); }

 private:
  const Selection& selection_;
  json::Document document_;
  Page page_;
  size_t bytes_ = 0;
};

/// False: the page is complete.
Result<bool> search_tail(const Tail& tail, const Selection& selection, Collector& page) {
  std::optional<Cursor> before = selection.query().before;
  std::shared_ptr<const std::string> sealed;
  std::string raw;  // of `sealed`
  while (true) {
    const size_t limit = page.wanted();
    const std::vector<Tail::Candidate> candidates = tail.gather(selection, before, limit);
    for (const Tail::Candidate& candidate : candidates) {
      std::string_view record = candidate.record;
      if (candidate.block) {
        if (candidate.block != sealed) {
          auto opened = segment::open_block(*candidate.block);
          if (!opened) return failure("the history's tail: {}", opened.error().message);
          raw = std::move(*opened);
          sealed = candidate.block;
        }
        auto event = event_of_block(raw, candidate.place);
        if (!event) return failure("the history's tail: {}", event.error().message);
        record = *event;
      }
      if (!page.offer(candidate.cursor, record)) return false;
    }
    if (candidates.size() < limit) return true;
    before = candidates.back().cursor;
  }
}

}  // namespace

Result<Page> SegmentedHistory::search(const Query& query) {
  const Selection selection(query, clock_.now(), options_.retention);
  if (selection.impossible() || query.limit == 0 || query.bytes_max == 0) return Page();
  const auto [tail, segments] = events_.look([](const auto& newest, const auto& rest) { return std::pair(newest, rest); });
  Collector page(selection);
  auto more = search_tail(*tail, selection, page);
  if (!more) return tl::unexpected(more.error());
  bool open = *more;
  for (auto segment = segments->rbegin(); open && segment != segments->rend(); ++segment) {
    const auto visited = (*segment)->visit(selection, [&](Cursor cursor, std::string_view record) {
      open = page.offer(cursor, record);
      return open;
    });
    if (!visited) {
      log::error("a lookup failed", {{"error", visited.error().message}});
      return tl::unexpected(visited.error());
    }
  }
  return page.take();
}

}  // namespace cairn::history

#include "history/merge.h"

#include <algorithm>

#include "history/postings.h"
#include "history/segment_writer.h"
#include "segment/block.h"

namespace cairn::history {

namespace {

constexpr int kMergedLevel = 6;  // of zstd: written once, kept for months

bool fit_together(const Segment& first, const Segment& last, uint64_t rows, uint64_t bytes, uint32_t oldest, uint32_t newest,
                  uint32_t span_max) {
  return rows <= kMergedRowsMax && bytes <= kMergedBytesMax && newest - oldest <= span_max &&
         last.last_position() - first.first_position() <= 0xffffffff;
}

}  // namespace

Segments chosen_to_merge(const Segments& segments, uint32_t span_max, const std::function<bool(const Segment&)>& is_left_alone) {
  for (size_t first = 0; first < segments.size(); ++first) {
    Segments run;
    uint64_t rows = 0, bytes = 0;
    size_t scopes = 0;  // at most
    uint32_t oldest = 0xffffffff, newest = 0;
    bool is_bounded = false;
    for (size_t i = first; i < segments.size() && run.size() < kMergedAtOnce; ++i) {
      const Segment& next = *segments[i];
      if (next.level() != segments[first]->level() || is_left_alone(next)) break;
      rows += next.count();
      bytes += next.bytes();
      oldest = std::min(oldest, next.oldest_time());
      newest = std::max(newest, next.newest_time());
      scopes += next.scopes().size();
      is_bounded = scopes > kScopesMax || !fit_together(*segments[first], next, rows, bytes, oldest, newest, span_max);
      if (is_bounded) break;
      run.push_back(segments[i]);
    }
    if (run.size() == kMergedAtOnce || (is_bounded && run.size() > 1)) return run;
  }
  return {};
}

/// The terms of a segment, by rising hash.
class Segment::TermReading {
 public:
  explicit TermReading(const Segment& segment) : segment_(segment) {}
  Result<bool> next() {  // false: there are no more
    if (++at_ < terms_.size()) return true;
    if (block_ == segment_.term_table_.count()) return false;
    const auto entry = segment_.term_table_.entry(*segment_.bytes_, block_++);
    if (!entry) return tl::unexpected(entry.error());
    if (auto read = segment_.read_terms(*entry, terms_); !read) return tl::unexpected(read.error());
    if (terms_.empty()) return segment_.damaged("a term block is empty");
    at_ = 0;
    return true;
  }
  uint64_t hash() const { return terms_[at_].first; }
  /// Calls `f(row)` for each posting, newest first.
  template <class F>
  Result<void> postings(F&& f) const {
    List list(segment_, terms_[at_].second);
    for (; !list.done(); list.next()) f(list.row());
    if (list.error()) return tl::unexpected(*list.error());
    return {};
  }

 private:
  const Segment& segment_;
  uint32_t block_ = 0;
  std::vector<std::pair<uint64_t, Term>> terms_;
  size_t at_ = 0;
};

Result<uint64_t> merge_segments(env::Files& files, const std::string& path, const Segments& segments, const std::function<bool()>& wanted) {
  auto out = SegmentWriter::create(files, path);
  if (!out) return tl::unexpected(out.error());
  SegmentWriter::Summary summary;
  summary.first_position = segments.front()->first_position();
  summary.last_position = segments.back()->last_position();
  summary.level = segments.front()->level() + 1;
  std::vector<uint32_t> bases;
  Coder coder;
  uint32_t written = 0;  // rows whose events are in blocks that are closed
  const auto close = [&] {
    const uint32_t events = coder.open_events();
    if (events == 0) return;
    const Coder::Block block = coder.close();
    out->add_events(segment::seal_block(block.text, block.noise, kMergedLevel), written);
    written += events;
  };
  for (const auto& segment : segments) {
    bases.push_back(out->rows());
    summary.record_bytes += segment->record_bytes();
    const auto shift = static_cast<uint32_t>(segment->first_position() - summary.first_position);
    std::vector<uint16_t> scopes;
    for (const Scope& scope : segment->scopes()) {
      const auto known = std::ranges::find(summary.scopes, scope);
      scopes.push_back(static_cast<uint16_t>(known - summary.scopes.begin()));
      if (known == summary.scopes.end()) summary.scopes.push_back(scope);
    }
    if (summary.scopes.size() > kScopesMax) return failure("too many accounts and regions for one segment");
    Segment::Reading reading(*segment, Segment::Reading::Way::kPassing);
    for (uint32_t number = 0; number < segment->count(); ++number) {
      if (number % kEventsPerBlock == 0 && !wanted()) return failure("");
      auto row = reading.row(number);
      if (!row) return tl::unexpected(row.error());
      const auto record = reading.record(number, *row);
      if (!record) return tl::unexpected(record.error());
      coder.add(*record, row->time);
      row->position += shift;
      row->scope = scopes[row->scope];
      out->add_row(*row);
      if (coder.is_block_full()) close();
    }
  }
  close();
  out->add_words(coder, coder.words());

  std::vector<std::unique_ptr<Segment::TermReading>> terms;  // null: at its end
  const auto next = [](std::unique_ptr<Segment::TermReading>& one) -> Result<void> {
    const auto more = one->next();
    if (!more) return tl::unexpected(more.error());
    if (!*more) one.reset();
    return {};
  };
  for (const auto& segment : segments) {
    terms.push_back(std::make_unique<Segment::TermReading>(*segment));
    if (auto read = next(terms.back()); !read) return tl::unexpected(read.error());
  }
  for (;;) {
    uint64_t hash = UINT64_MAX;
    for (const auto& one : terms)
      if (one) hash = std::min(hash, one->hash());
    if (hash == UINT64_MAX) break;
    out->begin_term(hash);
    for (size_t i = terms.size(); i-- > 0;) {  // the newest first
      if (!terms[i] || terms[i]->hash() != hash) continue;
      if (auto read = terms[i]->postings([&](uint32_t row) { out->add_posting(bases[i] + row); }); !read)
        return tl::unexpected(read.error());
      if (auto moved = next(terms[i]); !moved) return tl::unexpected(moved.error());
    }
    out->end_term();
  }
  return out->finish(summary);
}

}  // namespace cairn::history

#include "history/merge.h"

#include <algorithm>
#include <map>

#include "history/column_reading.h"
#include "history/postings.h"
#include "history/recoder.h"
#include "history/segment_writer.h"
#include "segment/block.h"

namespace cairn::history {

namespace {

constexpr int kMergedLevel = 6;                       // of zstd: written once, kept for months
constexpr uint64_t kMergedFileBytesMax = 3ull << 30;  // of events; words and postings still have to fit into 4 GiB

/// Some segments seen as one.
struct Whole {
  uint64_t first_position = UINT64_MAX, last_position = 0, rows = 0, bytes = 0;
  uint32_t oldest = UINT32_MAX, newest = 0;
  size_t scopes = 0;  // at most

  void add(const Segment& segment) {
    first_position = std::min(first_position, segment.first_position());
    last_position = std::max(last_position, segment.last_position());
    rows += segment.count();
    bytes += segment.bytes();
    oldest = std::min(oldest, segment.oldest_time());
    newest = std::max(newest, segment.newest_time());
    scopes += segment.scopes().size();
  }
  bool fits(bool is_imported, uint32_t span_max) const {
    return rows <= (is_imported ? kMergedImportedRowsMax : kMergedRowsMax) && bytes <= kMergedBytesMax && newest - oldest <= span_max &&
           last_position - first_position <= UINT32_MAX && scopes <= kScopesMax;
  }
};

/// Where rows of a segment are in the merged one: as far as they stand side by side, of the first of them.
class RowMap {
 public:
  void add(uint32_t row, uint32_t merged) {
    if (runs_.empty() || merged - runs_.back().merged != row - runs_.back().row) runs_.push_back({row, merged});
  }
  /// Asked for falling rows only, from `rewind` on.
  void rewind() { at_ = runs_.size() - 1; }
  uint32_t merged(uint32_t row) {
    while (runs_[at_].row > row) --at_;
    return runs_[at_].merged + (row - runs_[at_].row);
  }

 private:
  struct Run {
    uint32_t row, merged;
  };
  std::vector<Run> runs_;
  size_t at_ = 0;
};

}  // namespace

Segments chosen_to_merge(const Segments& segments, uint32_t span_max, const std::function<bool(const Segment&)>& is_left_alone) {
  for (size_t first = 0; first < segments.size(); ++first) {
    Segments run;
    Whole whole;
    bool is_bounded = false;
    for (size_t i = first; i < segments.size() && run.size() < kMergedAtOnce; ++i) {
      const Segment& next = *segments[i];
      if (next.level() != segments[first]->level() || is_left_alone(next)) break;
      whole.add(next);
      is_bounded = !whole.fits(next.is_imported(), span_max);
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
  using Postings = List;
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
  List postings() const { return List(segment_, terms_[at_].second); }

 private:
  const Segment& segment_;
  uint32_t block_ = 0;
  std::vector<std::pair<uint64_t, Term>> terms_;
  size_t at_ = 0;
};

/// One of the segments that are merged.
struct Segment::Merged {
  static constexpr size_t kPagesOfEach = 128;  // a word is looked up once

  Merged(const Segment& one, uint64_t first_position, Coder& coder)
      : segment(one),
        reading(one, Reading::Way::kPassing, kPagesOfEach),
        recoder(coder, reading, one.words_),
        shift(static_cast<uint32_t>(one.first_position() - first_position)),
        terms(one),
        columns(one, Reading::Way::kPassing) {}

  /// On to the next row, if there is one.
  Result<void> advance() {
    has_row = ++number < segment.count();
    if (!has_row) {
      reading.forget_words();
      return {};
    }
    auto read = reading.row(number);
    if (!read) return tl::unexpected(read.error());
    row = *read;
    return {};
  }
  Result<void> next_term() {
    const auto more = terms.next();
    if (!more) return tl::unexpected(more.error());
    has_term = *more;
    return {};
  }

  const Segment& segment;
  Reading reading;
  Recoder recoder;
  const uint32_t shift;  // of positions
  std::vector<uint16_t> scopes;
  uint32_t number = UINT32_MAX;
  Row row;
  bool has_row = true, has_term = true;
  RowMap map;
  TermReading terms;
  ColumnReading columns;
  std::array<std::span<const uint32_t>, kColumns> open_numbers;  // of the block of rows that is being read
  std::array<std::vector<uint32_t>, kColumns> numbers;           // in the merged one, plus one, by number here; 0: not known yet
};

/// Puts their columns together: what one of them does not have, the merged one does not.
class Segment::MergedColumns {
 public:
  MergedColumns(SegmentWriter& out, const std::vector<std::unique_ptr<Merged>>& all) : out_(out) {
    for (const auto& one : all)
      for (uint8_t i = 0; i < kColumns; ++i) {
        if ((one->segment.columns() & bit_of(Column{i})) == 0) texts_.give_up(Column{i});
        one->numbers[i].resize(one->columns.values(Column{i}));
      }
  }
  /// Of the row that is the next to be read of it.
  Result<void> add_row(Merged& of) {
    const uint32_t at = of.number % kColumnRowsPerBlock;
    if (at == 0)
      if (auto opened = open(of); !opened) return opened;
    for (uint8_t i = 0; i < kColumns; ++i) {
      const Column column{i};
      if (!texts_.has(column)) continue;
      const uint32_t number = of.open_numbers[i][at];
      uint32_t& merged = of.numbers[i][number];
      if (merged == 0) {
        if (auto found = of.columns.texts({&column, 1}, {&number, 1}, text_); !found) return found;
        const auto entered = texts_.number(column, text_[0]);
        if (!entered) continue;
        merged = *entered + 1;
      }
      out_.add_column_number(column, merged - 1);
    }
    return {};
  }
  void finish() {
    for (uint8_t i = 0; i < kColumns; ++i)
      if (texts_.has(Column{i})) out_.add_column_values(Column{i}, texts_.of(Column{i}));
  }

 private:
  Result<void> open(Merged& of) {
    for (uint8_t i = 0; i < kColumns; ++i) {
      if (!texts_.has(Column{i})) continue;
      const auto numbers = of.columns.numbers(Column{i}, of.number);
      if (!numbers) return tl::unexpected(numbers.error());
      of.open_numbers[i] = *numbers;
    }
    return {};
  }

  SegmentWriter& out_;
  ColumnTexts texts_;
  std::vector<std::string_view> text_;
};

Result<uint64_t> merge_segments(env::Files& files, const std::string& path, const Segments& segments, const std::function<bool()>& wanted,
                                bool& is_too_large) {
  auto out = SegmentWriter::create(files, path);
  if (!out) return tl::unexpected(out.error());
  Whole whole;
  for (const auto& segment : segments) whole.add(*segment);
  SegmentWriter::Summary summary{.first_position = whole.first_position,
                                 .last_position = whole.last_position,
                                 .record_bytes = 0,
                                 .level = segments.front()->level() + 1,
                                 .scopes = {}};
  Coder coder;
  std::map<std::pair<std::string_view, std::string_view>, uint16_t> numbers;  // of scopes
  std::vector<std::unique_ptr<Segment::Merged>> all;
  for (const auto& segment : segments) {
    Segment::Merged& one = *all.emplace_back(std::make_unique<Segment::Merged>(*segment, summary.first_position, coder));
    summary.record_bytes += segment->record_bytes();
    for (const Scope& scope : segment->scopes()) {
      const auto [known, is_new] = numbers.try_emplace({scope.account, scope.region}, static_cast<uint16_t>(summary.scopes.size()));
      if (is_new) summary.scopes.push_back(scope);
      one.scopes.push_back(known->second);
    }
    if (summary.scopes.size() > kScopesMax) return failure("too many accounts and regions for one segment");
    if (auto read = one.advance(); !read) return tl::unexpected(read.error());
  }

  const bool is_imported = segments.front()->is_imported();
  const auto comes_before = [is_imported](const Segment::Merged& a, const Segment::Merged& b) {
    if (is_imported) return older(a.segment.place_of(a.row), b.segment.place_of(b.row));
    return a.shift + a.row.position < b.shift + b.row.position;  // no two have rows of one position
  };
  Segment::MergedColumns columns(*out, all);
  uint32_t written = 0;  // rows whose events are in blocks that are closed
  const auto close = [&] {
    const uint32_t events = coder.open_events();
    if (events == 0) return;
    const Coder::Block block = coder.close();
    out->add_events(segment::seal_block(block.text, block.noise, kMergedLevel), written);
    written += events;
  };
  for (;;) {
    Segment::Merged* first = nullptr;
    for (const auto& one : all)
      if (one->has_row && (first == nullptr || comes_before(*one, *first))) first = one.get();
    if (first == nullptr) break;
    if (out->rows() % kEventsPerBlock == 0 && !wanted()) return failure("");
    is_too_large = out->bytes() > kMergedFileBytesMax;
    if (is_too_large) return failure("segments stay apart: together they would be too large");
    Row row = first->row;
    if (const auto coded = first->reading.coded(first->number); !coded || !first->recoder.add(*coded)) {
      const auto record = first->reading.record(first->number, row);
      if (!record) return tl::unexpected(record.error());
      coder.add(*record, row.time);
    }
    row.position += first->shift;
    row.scope = first->scopes[row.scope];
    first->map.add(first->number, out->rows());
    out->add_row(row);
    if (auto added = columns.add_row(*first); !added) return tl::unexpected(added.error());
    if (coder.is_block_full()) close();
    if (auto read = first->advance(); !read) return tl::unexpected(read.error());
  }
  close();
  columns.finish();
  out->add_words(coder, coder.words());

  for (const auto& one : all)
    if (auto read = one->next_term(); !read) return tl::unexpected(read.error());
  struct Rows {  // of a term, the newest first
    Segment::Merged* of;
    Segment::TermReading::Postings list;
    uint32_t row;
  };
  std::vector<Rows> lists;
  for (;;) {
    uint64_t hash = UINT64_MAX;
    for (const auto& one : all)
      if (one->has_term) hash = std::min(hash, one->terms.hash());
    if (hash == UINT64_MAX) break;
    if (!wanted()) return failure("");
    lists.clear();
    for (const auto& one : all) {
      if (!one->has_term || one->terms.hash() != hash) continue;
      one->map.rewind();
      lists.push_back({one.get(), one->terms.postings(), 0});
    }
    out->begin_term(hash);
    const auto settle = [](Rows& rows) -> Result<bool> {  // false: it is through
      if (rows.list.error()) return tl::unexpected(*rows.list.error());
      if (rows.list.done()) return false;
      rows.row = rows.of->map.merged(rows.list.row());
      return true;
    };
    for (size_t i = lists.size(); i-- > 0;) {
      const auto more = settle(lists[i]);
      if (!more) return tl::unexpected(more.error());
      if (!*more) lists.erase(lists.begin() + static_cast<ptrdiff_t>(i));
    }
    while (!lists.empty()) {
      const auto next = std::ranges::max_element(lists, {}, &Rows::row);
      out->add_posting(next->row);
      next->list.next();
      const auto more = settle(*next);
      if (!more) return tl::unexpected(more.error());
      if (!*more) lists.erase(next);
    }
    out->end_term();
    for (const auto& one : all)
      if (one->has_term && one->terms.hash() == hash)
        if (auto read = one->next_term(); !read) return tl::unexpected(read.error());
  }
  return out->finish(summary);
}

}  // namespace cairn::history

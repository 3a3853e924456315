#include "history/segment.h"

#include <algorithm>

#include "history/column_reading.h"
#include "history/migrate.h"
#include "history/postings.h"
#include "history/segment_writer.h"
#include "history/sifting.h"
#include "segment/block.h"

namespace cairn::history {

using segment::get_u32;

Result<std::shared_ptr<Segment>> Segment::open(segment::Storage& storage, const std::string& directory, const std::string& file) {
  auto bytes = segment::File::open(storage, directory + "/" + file, "history segment", kSegmentMagic);
  if (!bytes && is_old(storage.files, directory + "/" + file))
    return failure("history segment {}/{} is of an earlier version: the next `cairn serve` converts it", directory, file);
  if (!bytes) return tl::unexpected(bytes.error());
  std::shared_ptr<Segment> segment(new Segment(file, std::move(*bytes)));
  if (auto read = segment->read_footer(segment->bytes_->footer()); !read) return tl::unexpected(read.error());
  return segment;
}

Result<void> Segment::read_footer(std::string_view raw) {
  segment::Reader in(raw);
  for (uint64_t* field : {&first_position_, &last_position_, &record_bytes_, &postings_bytes_}) *field = in.u64();
  for (uint32_t* field : {&rows_, &oldest_time_, &newest_time_, &level_, &words_, &terms_, &blocks_, &checksum_}) *field = in.u32();
  const uint32_t scopes = in.u32();
  for (uint32_t i = 0; i < scopes && in.ok(); ++i) {  // nothing is allocated by a count alone
    const std::string_view account = in.bytes(in.u32());
    const std::string_view region = in.bytes(in.u32());
    scopes_.push_back({std::string(account), std::string(region)});
  }
  for (segment::Table* table : {&event_table_, &row_table_, &word_table_, &posting_table_, &term_table_})
    if (!table->read(in)) return damaged("footer: a table is too long");
  if (in.left() > 0 && !column_table_.read(in)) return damaged("footer: its columns make no sense");  // earlier ones have none
  if (!in.ok() || in.left() != 0 || rows_ == 0 || last_position_ < first_position_ ||
      row_table_.count() != (rows_ + kRowsPerBlock - 1) / kRowsPerBlock ||
      term_table_.count() != (terms_ + kTermsPerBlock - 1) / kTermsPerBlock ||
      word_table_.count() != (words_ + kWordsPerBlock - 1) / kWordsPerBlock || event_table_.count() == 0) {
    return damaged("its footer contradicts itself");
  }
  return {};
}

// --- rows and records

Result<Row> Segment::Reading::row(uint32_t number) {
  if (rows_.empty() || number < rows_first_ || number - rows_first_ >= rows_.size()) {
    if (number >= segment_.rows_) return segment_.damaged("a row is out of range");
    const uint32_t block = number / kRowsPerBlock;
    rows_.clear();
    const auto entry = segment_.row_table_.entry(*segment_.bytes_, block);
    if (!entry) return tl::unexpected(entry.error());
    const auto bytes = fetch(entry->at);
    if (!bytes) return tl::unexpected(bytes.error());
    segment::Reader in(**bytes);
    std::vector<Row> rows(std::min(kRowsPerBlock, segment_.rows_ - block * kRowsPerBlock));
    uint32_t position = 0, time = 0;
    for (Row& row : rows) row.position = position += static_cast<uint32_t>(in.varint());
    for (Row& row : rows) row.index = static_cast<uint32_t>(in.varint());
    for (Row& row : rows) {
      const uint64_t step = in.varint();
      row.time = time += step & 1 ? -static_cast<uint32_t>(step >> 1) : static_cast<uint32_t>(step >> 1);
    }
    bool has_scopes = true;
    for (Row& row : rows) {
      const uint64_t scope = in.varint();
      row.place = scope & 3;
      row.scope = static_cast<uint16_t>(scope >> 2);
      has_scopes = has_scopes && scope >> 2 < segment_.scopes_.size();
    }
    if (!in.ok() || in.left() != 0) return segment_.damaged("a row block has a wrong length");
    if (!has_scopes) return segment_.damaged("a row has no scope");
    rows_ = std::move(rows);
    rows_first_ = block * kRowsPerBlock;
  }
  return rows_[number - rows_first_];
}

Result<void> Segment::Reading::open_events(uint32_t number) {
  if (events_ && number >= events_first_ && number - events_first_ < coded_.events()) return {};
  events_ = nullptr;
  const auto found = segment_.event_table_.find(*segment_.bytes_, number);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return segment_.damaged("a row has no event");
  auto bytes = fetch((*found)->entry.at);
  if (!bytes) return tl::unexpected(bytes.error());
  auto coded = CodedBlock::open(**bytes);
  if (!coded) return segment_.damaged(coded.error().message);
  const auto first = static_cast<uint32_t>((*found)->entry.key);
  if (number - first >= coded->events()) return segment_.damaged("a row has no event");
  events_ = std::move(*bytes);
  coded_ = std::move(*coded);
  events_first_ = first;
  return {};
}

Result<CodedBlock::Coded> Segment::Reading::coded(uint32_t number) {
  if (auto opened = open_events(number); !opened) return tl::unexpected(opened.error());
  if (pages_open_ > pages_max_) forget_words();  // not while one is in use
  return coded_.coded(number - events_first_);
}

Result<std::pair<uint32_t, const CodedBlock*>> Segment::Reading::coded_block(uint32_t number) {
  if (auto opened = open_events(number); !opened) return tl::unexpected(opened.error());
  return std::pair(events_first_, &coded_);
}

Result<std::string_view> Segment::Reading::record(uint32_t number, const Row& row) {
  if (auto opened = open_events(number); !opened) return tl::unexpected(opened.error());
  word_failure_.reset();
  if (pages_open_ > pages_max_) forget_words();
  if (coded_.record(number - events_first_, row.time, *this, record_)) return record_;
  if (word_failure_) return tl::unexpected(*word_failure_);
  return segment_.damaged(fmt::format("event {} cannot be decoded", number));
}

void Segment::Reading::forget_words() {
  pages_.clear();
  pages_open_ = 0;
}

Word Segment::Reading::word(uint32_t id) {
  if (id >= segment_.words_) return {};
  const uint32_t number = id / kWordsPerBlock;
  if (pages_.empty()) pages_.resize((segment_.words_ + kWordsPerBlock - 1) / kWordsPerBlock);
  Bytes& open = pages_[number];
  if (open == nullptr) {
    const auto entry = segment_.word_table_.entry(*segment_.bytes_, number);
    auto bytes = entry ? segment_.bytes_->block(entry->at, {static_cast<uint32_t>(entry->note), entry->at.length})
                       : Result<Bytes>(tl::unexpected(entry.error()));
    if (!bytes) {
      word_failure_ = bytes.error();
      return {};
    }
    open = std::move(*bytes);
    ++pages_open_;
  }
  const std::string& page = *open;
  const uint32_t place = id % kWordsPerBlock;
  const uint32_t count = page.size() < 4 ? 0 : get_u32(page.data());
  if (place >= count || count > kWordsPerBlock || page.size() < 4 + count * 4) return {};
  const char* ends = page.data() + 4;
  const uint32_t end = get_u32(ends + place * 4), begin = place == 0 ? 0 : get_u32(ends + place * 4 - 4) >> 2;
  const std::string_view texts = std::string_view(page).substr(4 + count * 4);
  if (begin > end >> 2 || end >> 2 > texts.size()) return {};
  return {static_cast<Word::Kind>(end & 3), texts.substr(begin, (end >> 2) - begin)};
}

// --- terms

/// Calls `f(hash, term)` for each term of a block, by rising hash, until it answers false.
template <class F>
Result<void> Segment::each_term(const segment::TableEntry& entry, F&& f) const {
  const auto bytes = bytes_->block(entry.at);
  if (!bytes) return tl::unexpected(bytes.error());
  segment::Reader in(**bytes);
  uint64_t hash = entry.key, offset = 0;
  while (in.left() > 0) {
    hash += in.varint();
    const uint64_t count = in.varint();
    if (count == 0 || count > rows_) return damaged("a term has an impossible count");
    uint64_t reference = 0;
    if (count == 1) {
      reference = in.varint();
    } else if (count < rows_) {
      reference = offset += in.varint();
    }
    if (!in.ok() || reference > 0xffffffff) return damaged("a term block is cut short");
    if (!f(hash, Term{static_cast<uint32_t>(reference), static_cast<uint32_t>(count)})) break;
  }
  return {};
}

Result<void> Segment::read_terms(const segment::TableEntry& entry, std::vector<std::pair<uint64_t, Term>>& out) const {
  out.clear();
  return each_term(entry, [&](uint64_t hash, Term term) {
    out.emplace_back(hash, term);
    return true;
  });
}

Result<std::optional<Segment::Term>> Segment::term(uint64_t hash) const {
  const auto found = term_table_.find(*bytes_, hash);
  if (!found) return tl::unexpected(found.error());
  std::optional<Term> result;
  if (!*found) return result;
  const auto read = each_term((*found)->entry, [&](uint64_t at, Term term) {
    if (at == hash) result = term;
    return at < hash;
  });
  if (!read) return tl::unexpected(read.error());
  return result;
}

// --- searching

Result<uint32_t> Segment::count_rows(const IsOlder& is_older, Reading& reading) const {
  uint32_t low = 0, high = rows_;
  while (low < high) {
    // First among the blocks' first rows, then within one.
    const uint32_t blocks = (high - low) / kRowsPerBlock;
    const uint32_t middle = blocks > 1 ? (low / kRowsPerBlock + blocks / 2) * kRowsPerBlock : low + (high - low) / 2;
    auto found = reading.row(middle);
    if (!found) return tl::unexpected(found.error());
    if (is_older(*found)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/// The rows outside of which none is of the time that is asked for. They are nearly in order of time, so that few within are not.
Result<std::pair<uint32_t, uint32_t>> Segment::rows_within(const Selection& selection) const {
  if (selection.covers(oldest_time_, newest_time_)) return std::pair(0u, rows_);
  uint32_t first = rows_, end = 0;
  const auto read = row_table_.each(*bytes_, [&](const segment::TableEntry& entry) {
    if (!selection.overlaps(static_cast<uint32_t>(entry.note), static_cast<uint32_t>(entry.note >> 32))) return;
    const auto begin = static_cast<uint32_t>(entry.key);
    first = std::min(first, begin);
    end = std::min(rows_, begin + kRowsPerBlock);
  });
  if (!read) return tl::unexpected(read.error());
  return std::pair(std::min(first, end), end);
}

Result<void> Segment::visit(const Selection& selection, const Visit& f) const {
  const Query& query = selection.query();
  if (query.before && query.before->position < first_position_) return {};
  if (query.newer_than && query.newer_than->position > last_position_) return {};
  IsOlder is_below, is_before;
  if (query.newer_than && query.newer_than->position >= first_position_)
    is_below = [&](const Row& row) { return !older(*query.newer_than, cursor_of(row)); };
  if (query.before && query.before->position <= last_position_)
    is_before = [&](const Row& row) { return older(cursor_of(row), *query.before); };
  Sifting sifting(*this, selection);
  return visit_between(selection, sifting, is_below, is_before, f);
}

Result<void> Segment::visit_imported(const Selection& selection, Sifting& sifting, const ImportedPlace& from, const ImportedPlace& before,
                                     const Visit& f) const {
  if (from.time > newest_time_ || before.time < oldest_time_) return {};
  IsOlder is_below, is_before;
  if (from.time >= oldest_time_) is_below = [&](const Row& row) { return older(place_of(row), from); };
  if (before.time <= newest_time_) is_before = [&](const Row& row) { return older(place_of(row), before); };
  return visit_between(selection, sifting, is_below, is_before, f);
}

std::pair<uint32_t, uint32_t> Segment::rows_between(const Selection& selection, const IsOlder& is_below, const IsOlder& is_before,
                                                    Reading& reading, const PassedOver& passed_over) const {
  uint32_t floor = 0, bound = rows_;
  if (auto within = rows_within(selection)) std::tie(floor, bound) = *within;
  else passed_over(within.error());
  const auto count = [&](const IsOlder& is_older, uint32_t otherwise) {
    const auto rows = count_rows(is_older, reading);
    if (!rows) passed_over(rows.error());
    return rows.value_or(otherwise);
  };
  if (is_before) bound = std::min(bound, count(is_before, bound));
  if (is_below) floor = std::max(floor, count(is_below, floor));
  return {floor, bound};
}

/// Those that are not below one place, and before another; each may be empty: all are.
Result<void> Segment::visit_between(const Selection& selection, Sifting& sifting, const IsOlder& is_below, const IsOlder& is_before,
                                    const Visit& f) const {
  const Query& query = selection.query();
  if (!selection.overlaps(oldest_time_, newest_time_)) return {};
  if (!sifting.wants_any()) return {};

  std::optional<Failure> lost;
  const auto passed_over = [&](const Failure& damage) {
    if (dropped_) lost = damage;  // not damage: its name is gone, and it could not be kept open
    else bytes_->report(damage);
  };
  Reading reading(*this);
  const auto [floor, bound] = rows_between(selection, is_below, is_before, reading, passed_over);
  const auto offer = [&](uint32_t number) {
    if (lost) return false;
    const auto row = reading.row(number);
    if (!row) {
      passed_over(row.error());
      return true;
    }
    const Cursor cursor = cursor_of(*row);
    // Said again of each: where a row block is damaged, the bounds are further than they need to be.
    if ((is_before && !is_before(*row)) || (is_below && is_below(*row))) return true;
    if (!sifting.may_want(*row)) return true;
    if (sifting.rules_out(number, reading)) return f(cursor, {});
    const auto record = reading.record(number, *row);
    if (record) return f(cursor, *record);
    passed_over(record.error());
    return true;
  };
  if (!selection.terms().empty()) {
    visit_rows(selection.terms(), floor, bound, query.order, offer, passed_over);
  } else {
    const bool is_newest_first = query.order == Query::Order::kNewestFirst;
    uint32_t left = bound - std::min(floor, bound);
    for (bool wanted = true; wanted && left > 0;) {
      const uint32_t next = is_newest_first ? floor + left - 1 : bound - left;
      // Of those that are ruled out side by side, only the last is told of.
      const uint32_t together = std::max(1u, sifting.ruled_out(next, left));
      wanted = offer(is_newest_first ? next - (together - 1) : next + (together - 1));
      left -= together;
    }
  }
  if (lost) return tl::unexpected(*lost);
  return {};
}

/// A list that cannot be read is done without: it only rules out what the record itself tells as well.
void Segment::visit_rows(std::vector<uint64_t> hashes, uint32_t floor, uint32_t bound, Query::Order order,
                         const std::function<bool(uint32_t)>& f, const PassedOver& passed_over) const {
  const bool is_gathered = order == Query::Order::kOldestFirst && !hashes.empty();  // lists give the newest first
  constexpr uint32_t kGatheredRowsMax = 1 << 16;  // at once: who pages through a large segment does not gather it again for each page
  if (is_gathered && bound > floor && bound - floor > kGatheredRowsMax) {
    for (bool wanted = true; wanted && floor < bound;) {
      const uint32_t end = bound - floor > kGatheredRowsMax ? floor + kGatheredRowsMax : bound;
      visit_rows(
          hashes, floor, end, order, [&](uint32_t row) { return wanted = f(row); }, passed_over);
      floor = end;
    }
    return;
  }
  std::vector<uint32_t> gathered;
  for (bool again = true; again;) {
    again = false;
    std::vector<List> lists;
    std::vector<uint64_t> readable;
    for (uint64_t hash : hashes) {
      const auto found = term(hash);
      if (found && !*found) return;
      if (!found) {
        passed_over(found.error());
        continue;
      }
      lists.emplace_back(*this, **found);
      readable.push_back(hash);
    }
    bool wanted = true;
    const auto each = [&](uint32_t number) {
      bound = is_gathered || order == Query::Order::kNewestFirst ? number : bound;
      if (!is_gathered) return wanted = f(number);
      gathered.push_back(number);
      return true;
    };
    intersect(lists, floor, bound, is_gathered ? Query::Order::kNewestFirst : order, each);
    hashes.clear();
    for (size_t i = 0; i < lists.size(); ++i) {
      if (!lists[i].error()) {
        hashes.push_back(readable[i]);
        continue;
      }
      passed_over(*lists[i].error());
      again = wanted;
    }
  }
  for (auto row = gathered.rbegin(); row != gathered.rend() && f(*row); ++row) continue;
}

// --- imported events

Result<uint32_t> Segment::rows_older_than(const ImportedPlace& place) const {
  if (place.time > newest_time_) return rows_;
  if (place.time < oldest_time_) return 0u;
  Reading reading(*this);
  return count_rows([&](const Row& row) { return older(place_of(row), place); }, reading);
}

Result<std::optional<uint32_t>> Segment::time_beyond(const ImportedPlace& place, Query::Order order, uint32_t rows) const {
  const Result<uint32_t> older_rows = rows_older_than(place);
  if (!older_rows) return tl::unexpected(older_rows.error());
  const bool is_newest_first = order == Query::Order::kNewestFirst;
  if (is_newest_first ? *older_rows <= rows : rows_ - *older_rows <= rows) return std::optional<uint32_t>();
  Reading reading(*this);
  const auto found = reading.row(is_newest_first ? *older_rows - rows : *older_rows + rows);
  if (!found) return tl::unexpected(found.error());
  return std::optional<uint32_t>(found->time);
}

Result<void> Segment::match(std::span<const uint64_t> hashes, const Match& f) const {
  struct Found {
    uint32_t row;
    size_t which;
  };
  std::vector<Found> found;
  std::vector<std::pair<uint64_t, Term>> terms;
  size_t which = 0;
  std::optional<segment::TableEntry> open;  // up to the next one's first hash
  const auto look_in_open = [&](uint64_t next, bool is_last) {
    const auto begin = hashes.begin() + static_cast<ptrdiff_t>(which);
    const auto end = is_last ? hashes.end() : std::lower_bound(begin, hashes.end(), next);
    which = static_cast<size_t>(end - hashes.begin());
    if (!open || begin == end) return;
    if (const auto read = read_terms(*open, terms); !read) return bytes_->report(read.error());
    auto term = terms.begin();
    for (auto hash = begin; hash != end; ++hash) {
      while (term != terms.end() && term->first < *hash) ++term;
      if (term == terms.end()) break;
      if (term->first != *hash) continue;
      List list(*this, term->second);
      for (; !list.done(); list.next()) found.push_back({list.row(), static_cast<size_t>(hash - hashes.begin())});
      if (list.error()) bytes_->report(*list.error());
    }
  };
  const auto read = term_table_.each(*bytes_, [&](const segment::TableEntry& entry) {
    look_in_open(entry.key, false);
    open = entry;
  });
  if (!read) return read;
  look_in_open(0, true);
  std::ranges::sort(found, {}, &Found::row);
  Reading reading(*this);
  for (const Found& one : found) {
    const auto row = reading.row(one.row);
    const auto record = row ? reading.record(one.row, *row) : Result<std::string_view>(tl::unexpected(row.error()));
    if (record) f(one.which, *record);
    else bytes_->report(record.error());
  }
  return {};
}

Result<std::string> Segment::record(uint32_t number) const {
  Reading reading(*this);
  const auto row = reading.row(number);
  if (!row) return tl::unexpected(row.error());
  const auto record = reading.record(number, *row);
  if (!record) return tl::unexpected(record.error());
  return std::string(*record);
}

Result<void> Segment::each(const Each& f) const {
  Reading reading(*this, Reading::Way::kPassing);
  for (uint32_t number = 0; number < rows_; ++number) {
    const auto row = reading.row(number);
    if (!row) return tl::unexpected(row.error());
    const auto record = reading.record(number, *row);
    if (!record) return tl::unexpected(record.error());
    f(number, *row, *record);
  }
  return {};
}

Result<void> Segment::verify() const {
  std::vector<BlockAt> blocks;
  const auto collect = [&](const segment::Table& table, bool has_twins) {
    table.collect(blocks);
    return table.each(*bytes_, [&](const segment::TableEntry& entry) {
      blocks.push_back(entry.at);
      if (has_twins) blocks.push_back({static_cast<uint32_t>(entry.note), entry.at.length});
    });
  };
  for (const segment::Table* table : {&event_table_, &row_table_, &word_table_, &posting_table_, &term_table_})
    if (auto collected = collect(*table, table == &word_table_); !collected) return collected;
  if (auto collected = collect(column_table_.blocks, false); !collected) return collected;
  if (blocks.size() != blocks_) return damaged("it has another number of blocks than its footer says");
  if (auto sound = bytes_->verify(std::move(blocks), checksum_); !sound) return sound;

  uint32_t terms = 0;
  std::vector<std::pair<uint64_t, Term>> read;
  for (uint32_t number = 0; number < term_table_.count(); ++number) {
    const auto entry = term_table_.entry(*bytes_, number);
    if (!entry) return tl::unexpected(entry.error());
    if (auto done = read_terms(*entry, read); !done) return done;
    terms += static_cast<uint32_t>(read.size());
    for (const auto& [hash, term] : read) {
      uint32_t seen = 0;
      List list(*this, term);
      for (; !list.done(); list.next()) ++seen;
      if (list.error()) return tl::unexpected(*list.error());
      if (seen != term.count) return damaged("a posting list has a wrong length");
    }
  }
  if (terms != terms_) return damaged("it has another number of terms than its footer says");
  ColumnReading columns(*this, ColumnReading::Way::kPassing);
  std::vector<std::string_view> texts;
  for (uint8_t number = 0; number < kColumns; ++number) {
    const Column column{number};
    if ((this->columns() & bit_of(column)) == 0) continue;
    for (uint32_t first = 0; first < rows_; first += kColumnRowsPerBlock)
      if (auto numbers = columns.numbers(column, first); !numbers) return tl::unexpected(numbers.error());
    for (uint32_t value = 0; value < columns.values(column); ++value)
      if (auto found = columns.texts({&column, 1}, {&value, 1}, texts); !found) return found;
  }
  Reading reading(*this, Reading::Way::kPassing);
  uint64_t record_bytes = 0;
  for (uint32_t number = 0; number < rows_; ++number) {
    const auto row = reading.row(number);
    if (!row) return tl::unexpected(row.error());
    if (row->time < oldest_time_ || row->time > newest_time_) return damaged("a row's time is not what its footer says");
    const auto record = reading.record(number, *row);
    if (!record) return tl::unexpected(record.error());
    record_bytes += record->size();
  }
  if (record_bytes != record_bytes_) return damaged("its records have another length than its footer says");
  return {};
}

}  // namespace cairn::history

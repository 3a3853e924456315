#include "history/segment.h"

#include <algorithm>

#include "segment/block.h"

namespace cairn::history {

using segment::get_u16;
using segment::get_u32;
using segment::get_u64;

namespace {

constexpr std::string_view kMagic = "CAIRNHS1";
constexpr size_t kTermBytes = 16;
static_assert(sizeof(Row) == 24);

Row read_row(const char* p) {
  Row row;
  row.position = get_u32(p);
  row.index = get_u32(p + 4);
  row.time = get_u32(p + 8);
  row.block = get_u32(p + 12);
  row.block_length = get_u32(p + 16);
  row.place = get_u16(p + 20);
  row.scope = get_u16(p + 22);
  return row;
}

}  // namespace

/// The postings of one term, newest first, read block by block.
class Segment::List {
 public:
  List(const Segment& segment, Term term) : segment_(&segment), left_(term.count), row_(segment.rows_ - 1) {
    if (term.count == 1) {
      left_ = 0;
      row_ = term.reference;
      if (row_ >= segment.rows_) fail("a posting is out of range");
      return;
    }
    offset_ = term.reference;
    next();
  }
  bool done() const { return done_; }
  uint32_t row() const { return row_; }
  void next() {
    if (left_ == 0) {
      done_ = true;
      return;
    }
    const uint32_t distance = varint();
    if (done_) return;
    if (distance > row_ || (distance == 0 && begun_)) return fail("a posting is out of range");
    row_ -= distance;
    begun_ = true;
    --left_;
  }
  const std::optional<Failure>& error() const { return failure_; }

 private:
  void fail(std::string_view what) {
    failure_ = segment_->damaged(what).value();
    done_ = true;
  }
  uint32_t varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const uint8_t byte = next_byte();
      if (done_) return 0;
      v |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return static_cast<uint32_t>(v);
    }
    fail("a posting is too long");
    return 0;
  }
  uint8_t next_byte() {
    if (!block_ || offset_ % kPostingBlockBytes == 0) {
      const size_t number = offset_ / kPostingBlockBytes;
      if (number >= segment_->posting_blocks_.size()) {
        fail("a posting list is out of range");
        return 0;
      }
      auto block = segment_->block(segment_->posting_blocks_[number]);
      if (!block) {
        failure_ = block.error();
        done_ = true;
        return 0;
      }
      block_ = std::move(*block);
    }
    const size_t at = offset_++ % kPostingBlockBytes;
    if (at >= block_->size()) {
      fail("a posting list is cut short");
      return 0;
    }
    return static_cast<uint8_t>((*block_)[at]);
  }

  const Segment* segment_;
  uint32_t left_;
  uint32_t row_;
  uint32_t offset_ = 0;
  Bytes block_;
  bool begun_ = false;
  bool done_ = false;
  std::optional<Failure> failure_;
};

Result<std::string_view> event_of_block(std::string_view raw, uint32_t place) {
  segment::Reader reader(raw);
  for (uint32_t i = 0; i < place; ++i) reader.bytes(reader.u32());
  const std::string_view event = reader.bytes(reader.u32());
  if (!reader.ok()) return failure("an event lies outside its block");
  return event;
}

Result<std::shared_ptr<Segment>> Segment::open(segment::Storage& storage, const std::string& directory, const std::string& file) {
  auto bytes = segment::File::open(storage, directory + "/" + file, "history segment", kMagic);
  if (!bytes) return tl::unexpected(bytes.error());
  std::shared_ptr<Segment> segment(new Segment(file, std::move(*bytes)));
  if (auto read = segment->read_footer(segment->bytes_->footer()); !read) return tl::unexpected(read.error());
  return segment;
}

Result<void> Segment::read_footer(std::string_view raw) {
  segment::Reader in(raw);
  first_position_ = in.u64();
  last_position_ = in.u64();
  rows_ = in.u32();
  oldest_time_ = in.u32();
  newest_time_ = in.u32();
  terms_ = in.u32();
  // Counts are checked against what is left before anything is allocated by them.
  const uint32_t scopes = in.u32();
  for (uint32_t i = 0; i < scopes && in.ok(); ++i) {
    const std::string_view account = in.bytes(in.u32());
    const std::string_view region = in.bytes(in.u32());
    scopes_.push_back({std::string(account), std::string(region)});
  }
  for (std::vector<BlockAt>* list : {&row_blocks_, &posting_blocks_}) {
    const uint32_t count = in.u32();
    if (count > in.left() / 8) return damaged("footer: a list is too long");
    list->resize(count);
    for (BlockAt& at : *list) at = {in.u32(), in.u32()};
  }
  const uint32_t count = in.u32();
  if (count > in.left() / 16) return damaged("footer: a list is too long");
  term_blocks_.resize(count);
  for (TermBlockAt& at : term_blocks_) {
    at.first_hash = in.u64();
    at.at = {in.u32(), in.u32()};
  }
  if (!in.ok() || in.left() != 0 || rows_ == 0 || last_position_ < first_position_ ||
      row_blocks_.size() != (rows_ + kRowsPerBlock - 1) / kRowsPerBlock ||
      term_blocks_.size() != (terms_ + kTermsPerBlock - 1) / kTermsPerBlock) {
    return damaged("its footer contradicts itself");
  }
  return {};
}

Result<Row> Segment::row(uint32_t number) const {
  auto bytes = block(row_blocks_[number / kRowsPerBlock]);
  if (!bytes) return tl::unexpected(bytes.error());
  const size_t at = number % kRowsPerBlock * sizeof(Row);
  if (at + sizeof(Row) > (*bytes)->size()) return damaged("a row block is cut short");
  const Row row = read_row((*bytes)->data() + at);
  if (row.scope >= scopes_.size()) return damaged("a row has no scope");
  return row;
}

Result<std::optional<Segment::Term>> Segment::term(uint64_t hash) const {
  auto after =
      std::upper_bound(term_blocks_.begin(), term_blocks_.end(), hash, [](uint64_t h, const TermBlockAt& at) { return h < at.first_hash; });
  if (after == term_blocks_.begin()) return std::optional<Term>();
  auto bytes = block(std::prev(after)->at);
  if (!bytes) return tl::unexpected(bytes.error());
  const char* base = (*bytes)->data();
  size_t low = 0, high = (*bytes)->size() / kTermBytes;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const char* p = base + middle * kTermBytes;
    const uint64_t found = get_u64(p);
    if (found == hash) {
      const Term term{get_u32(p + 8), get_u32(p + 12)};
      if (term.count == 0 || term.count > rows_) return damaged("a term has an impossible count");
      return std::optional<Term>(term);
    }
    if (found < hash) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::optional<Term>();
}

Result<uint32_t> Segment::rows_older_than(const Cursor& cursor) const {
  if (cursor.position > last_position_) return rows_;
  uint32_t low = 0, high = rows_;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    auto found = row(middle);
    if (!found) return tl::unexpected(found.error());
    if (older(cursor_of(*found), cursor)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Result<void> Segment::visit(const Selection& selection, const Visit& f) const {
  const Query& query = selection.query();
  if (dropped_ || !selection.overlaps(oldest_time_, newest_time_)) return {};
  if (query.before && query.before->position < first_position_) return {};
  if (query.newer_than && query.newer_than->position > last_position_) return {};
  const std::vector<char> scopes = selection.wanted_scopes(scopes_);
  if (std::find(scopes.begin(), scopes.end(), 1) == scopes.end()) return {};

  std::vector<List> lists;
  for (uint64_t hash : selection.terms()) {
    auto found = term(hash);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return {};
    lists.emplace_back(*this, **found);
  }
  uint32_t bound = rows_;
  if (query.before) {
    auto older_rows = rows_older_than(*query.before);
    if (!older_rows) return tl::unexpected(older_rows.error());
    bound = *older_rows;
  }

  Result<void> result;
  auto fail = [&result](const Failure& why) {
    result = tl::unexpected(why);
    return false;
  };
  Bytes rows, events;  // the blocks read last: neighbours are likely wanted next
  uint32_t rows_number = 0xffffffff, events_offset = 0;
  intersect(lists, bound, [&](uint32_t number) {
    if (rows_number != number / kRowsPerBlock) {
      auto bytes = block(row_blocks_[number / kRowsPerBlock]);
      if (!bytes) return fail(bytes.error());
      rows = std::move(*bytes);
      rows_number = number / kRowsPerBlock;
    }
    const size_t at = number % kRowsPerBlock * sizeof(Row);
    if (at + sizeof(Row) > rows->size()) return fail(damaged("a row block is cut short").value());
    const Row row = read_row(rows->data() + at);
    if (row.scope >= scopes_.size()) return fail(damaged("a row has no scope").value());
    const Cursor cursor = cursor_of(row);
    if (query.newer_than && !older(*query.newer_than, cursor)) return false;
    if (!selection.may_want(row, scopes)) return true;
    if (!events || events_offset != row.block) {
      auto bytes = block({row.block, row.block_length});
      if (!bytes) return fail(bytes.error());
      events = std::move(*bytes);
      events_offset = row.block;
    }
    const auto record = event_of_block(*events, row.place & kPlaceMask);
    if (!record) return fail(damaged(record.error().message).value());
    return f(cursor, *record);
  });
  for (const List& list : lists) {
    if (list.error()) fail(*list.error());
  }
  if (!result && dropped_) return {};  // its file went away under us: all its events are past the retention
  return result;
}

Result<void> Segment::verify() const {
  for (const TermBlockAt& at : term_blocks_) {
    auto bytes = block(at.at);
    if (!bytes) return tl::unexpected(bytes.error());
    if ((*bytes)->empty() || (*bytes)->size() % kTermBytes != 0 || get_u64((*bytes)->data()) != at.first_hash) {
      return damaged("a term block is not what the footer says");
    }
    for (size_t i = 0; i < (*bytes)->size(); i += kTermBytes) {
      const Term term{get_u32((*bytes)->data() + i + 8), get_u32((*bytes)->data() + i + 12)};
      if (term.count == 0 || term.count > rows_) return damaged("a term has an impossible count");
      uint32_t seen = 0;
      List list(*this, term);
      for (; !list.done(); list.next()) ++seen;
      if (list.error()) return tl::unexpected(*list.error());
      if (seen != term.count) return damaged("a posting list has a wrong length");
    }
  }
  for (uint32_t number = 0; number < rows_; ++number) {
    auto found = row(number);
    if (!found) return tl::unexpected(found.error());
    auto bytes = block({found->block, found->block_length});
    if (!bytes) return tl::unexpected(bytes.error());
    if (auto record = event_of_block(**bytes, found->place & kPlaceMask); !record) return damaged(record.error().message);
  }
  return {};
}

}  // namespace cairn::history

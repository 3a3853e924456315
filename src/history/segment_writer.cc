#include "history/segment_writer.h"

#include <algorithm>

#include "base/check.h"
#include "history/segment.h"
#include "segment/block.h"

namespace cairn::history {

using segment::put_u32;
using segment::put_u64;
using segment::put_varint;
using segment::seal_block;

namespace {

constexpr int kWordsLevel = 3;  // of zstd; 6 takes twice the time for 1 % less

}  // namespace

Result<SegmentWriter> SegmentWriter::create(env::Files& files, const std::string& path) {
  auto out = segment::NewFile::create(files, path, kSegmentMagic);
  if (!out) return tl::unexpected(out.error());
  return SegmentWriter(std::move(*out));
}

void SegmentWriter::add_row(const Row& row) {
  open_rows_.push_back(row);
  ++rows_;
  oldest_ = std::min(oldest_, row.time);
  newest_ = std::max(newest_, row.time);
  if (open_rows_.size() == kRowsPerBlock) close_rows();
}

void SegmentWriter::close_rows() {
  if (open_rows_.empty()) return;
  std::string raw;
  uint32_t position = 0, time = 0, oldest = 0xffffffff, newest = 0;
  for (const Row& row : open_rows_) {
    put_varint(raw, row.position - position);
    position = row.position;
  }
  for (const Row& row : open_rows_) put_varint(raw, row.index);
  for (const Row& row : open_rows_) {
    put_varint(raw, row.time >= time ? uint64_t{row.time - time} << 1 : uint64_t{time - row.time} << 1 | 1);
    time = row.time;
    oldest = std::min(oldest, time);
    newest = std::max(newest, time);
  }
  for (const Row& row : open_rows_) put_varint(raw, uint64_t{row.scope} << 2 | row.place);
  const uint32_t first = rows_ - static_cast<uint32_t>(open_rows_.size());
  row_blocks_.add(out_, {first, out_.add(seal_block(raw)), uint64_t{newest} << 32 | oldest});
  open_rows_.clear();
}

void SegmentWriter::add_events(std::string_view sealed, uint32_t first_row) { events_.add(out_, {first_row, out_.add(sealed), 0}); }

void SegmentWriter::add_words(Words& words, uint32_t count) {
  close_rows();
  word_count_ = count;
  std::vector<segment::TableEntry> entries;
  std::vector<std::string> sealed;
  for (uint32_t first = 0; first < count; first += kWordsPerBlock) {
    const uint32_t end = std::min(count, first + kWordsPerBlock);
    std::string raw, texts;
    put_u32(raw, end - first);
    for (uint32_t id = first; id < end; ++id) {
      const Word word = words.word(id);
      texts += word.text;
      put_u32(raw, static_cast<uint32_t>(texts.size()) << 2 | word.kind);
    }
    entries.push_back({first, out_.add(sealed.emplace_back(seal_block(raw + texts, {}, kWordsLevel))), 0});
  }
  // Much hangs on each: they are there twice.
  for (size_t i = 0; i < entries.size(); ++i) {
    entries[i].note = out_.add(sealed[i]).offset;
    words_.add(out_, entries[i]);
  }
}

void SegmentWriter::begin_term(uint64_t hash) {
  hash_ = hash;
  list_.clear();
  skips_.clear();
  count_ = 0;
  row_before_ = chunk_before_ = rows_ - 1;
  chunk_begin_ = 0;
}

void SegmentWriter::add_posting(uint32_t row) {
  if (count_ > 0 && count_ % kChunkPostings == 0) close_chunk();
  if (count_ % kChunkPostings == 0) first_of_chunk_ = row;
  put_varint(list_, row_before_ - row);
  row_before_ = row;
  ++count_;
}

void SegmentWriter::close_chunk() {
  put_varint(skips_, chunk_before_ - first_of_chunk_);
  put_varint(skips_, list_.size() - chunk_begin_);
  chunk_before_ = first_of_chunk_;
  chunk_begin_ = list_.size();
  row_before_ = rows_ - 1;  // each chunk stands for itself
}

void SegmentWriter::put_postings(std::string_view bytes) {
  stream_ += bytes.size();
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPostingBlockBytes - posting_block_.size());
    posting_block_ += piece;
    bytes.remove_prefix(piece.size());
    if (posting_block_.size() < kPostingBlockBytes) continue;
    postings_.add(out_, {stream_ - bytes.size() - posting_block_.size(), out_.add(seal_block(posting_block_)), 0});
    posting_block_.clear();
  }
}

void SegmentWriter::end_term() {
  if (count_ == 0) return;
  if (terms_in_block_ == 0) block_hash_ = hash_before_ = hash_;
  put_varint(term_block_, hash_ - hash_before_);
  put_varint(term_block_, count_);
  hash_before_ = hash_;
  if (count_ == 1) {
    put_varint(term_block_, row_before_);
  } else if (count_ < rows_) {  // a term of all rows needs no list
    put_varint(term_block_, stream_ - offset_before_);
    offset_before_ = stream_;
    if (count_ > kChunkPostings) {
      close_chunk();
      std::string head;
      put_u32(head, static_cast<uint32_t>(list_.size()));
      put_u32(head, static_cast<uint32_t>(skips_.size()));
      put_postings(head);
    }
    put_postings(list_);
    put_postings(skips_);
  }
  ++term_count_;
  if (++terms_in_block_ == kTermsPerBlock) close_terms();
}

void SegmentWriter::close_terms() {
  if (terms_in_block_ == 0) return;
  terms_.add(out_, {block_hash_, out_.add(seal_block(term_block_)), 0});
  term_block_.clear();
  terms_in_block_ = 0;
  offset_before_ = 0;
}

Result<uint64_t> SegmentWriter::finish(const Summary& summary) {
  CHECK(rows_ > 0 && open_rows_.empty());
  close_terms();
  if (!posting_block_.empty()) postings_.add(out_, {stream_ - posting_block_.size(), out_.add(seal_block(posting_block_)), 0});
  std::string tables;
  for (segment::TableWriter* table : {&events_, &row_blocks_, &words_, &postings_, &terms_}) tables += table->finish(out_);
  tables += columns_.finish(out_);

  std::string footer;
  put_u64(footer, summary.first_position);
  put_u64(footer, summary.last_position);
  put_u64(footer, summary.record_bytes);
  put_u64(footer, stream_);
  put_u32(footer, rows_);
  put_u32(footer, oldest_);
  put_u32(footer, newest_);
  put_u32(footer, summary.level);
  put_u32(footer, word_count_);
  put_u32(footer, term_count_);
  put_u32(footer, out_.blocks());
  put_u32(footer, out_.checksum());
  put_u32(footer, static_cast<uint32_t>(summary.scopes.size()));
  for (const Scope& scope : summary.scopes) {
    for (const std::string* part : {&scope.account, &scope.region}) {
      put_u32(footer, static_cast<uint32_t>(part->size()));
      footer += *part;
    }
  }
  footer += tables;
  return out_.finish(footer, segment::NewFile::Footer::kTwice);
}

Result<uint64_t> write_segment(env::Files& files, const std::string& path, const Tail& tail, uint64_t last_position) {
  auto out = SegmentWriter::create(files, path);
  if (!out) return tl::unexpected(out.error());
  for (const Row& row : tail.all_rows()) out->add_row(row);
  for (const Tail::Block& block : tail.blocks()) out->add_events(block.sealed, block.first_row);
  for (uint8_t i = 0; i < kColumns; ++i) {
    const Column column{i};
    if (!tail.columns().texts().has(column)) continue;
    for (const uint32_t number : tail.columns().numbers(column)) out->add_column_number(column, number);
    out->add_column_values(column, tail.columns().texts().of(column));
  }
  out->add_words(tail.words(), tail.words().words());
  // Each term's rows side by side, the newest first: following the tail's chains would wait for memory at each step.
  const std::vector<Tail::Term> terms = tail.sorted_terms();
  std::vector<uint32_t> ends(terms.size()), rows(tail.postings().size());
  uint32_t end = 0;
  for (const Tail::Term& term : terms) {
    ends[term.number] = end;
    end += term.count;
  }
  for (auto posting = tail.postings().rbegin(); posting != tail.postings().rend(); ++posting) rows[ends[posting->term]++] = posting->row;
  uint32_t at = 0;
  for (const Tail::Term& term : terms) {
    out->begin_term(term.hash);
    for (uint32_t i = 0; i < term.count; ++i) out->add_posting(rows[at++]);
    out->end_term();
  }
  return out->finish({.first_position = tail.first_position(),
                      .last_position = last_position,
                      .record_bytes = tail.record_bytes(),
                      .level = 0,
                      .scopes = tail.scopes()});
}

}  // namespace cairn::history

#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "history/coder.h"
#include "history/columns.h"
#include "history/selection.h"
#include "segment/file.h"
#include "segment/table.h"

namespace cairn::history {

constexpr std::string_view kSegmentMagic = "CAIRNHS2";
constexpr uint32_t kRowsPerBlock = 256;
constexpr uint32_t kWordsPerBlock = 128;
constexpr uint32_t kTermsPerBlock = 256;
constexpr uint32_t kPostingBlockBytes = 16 << 10;
constexpr uint32_t kChunkPostings = 256;  // a longer list is cut into such, which can be skipped

/// Writes a segment front to back: all rows and event blocks, then the words, then the terms by rising hash. What it holds in memory grows
/// with the longest posting list and, slowly, with the number of blocks. docs/formats/history.md, "Segment".
class SegmentWriter {
 public:
  static Result<SegmentWriter> create(env::Files& files, const std::string& path);

  void add_row(const Row& row);
  void add_events(std::string_view sealed, uint32_t first_row);
  uint32_t rows() const { return rows_; }
  uint64_t bytes() const { return out_.bytes(); }

  /// After the last row.
  void add_words(Words& words, uint32_t count);

  /// Of the next row that has none of this column yet.
  void add_column_number(Column column, uint32_t number) { columns_.add(out_, column, number); }
  /// After the last row.
  void add_column_values(Column column, const ColumnValues& values) { columns_.add_values(out_, column, values); }

  void begin_term(uint64_t hash);
  void add_posting(uint32_t row);  // falling
  void end_term();                 // one without postings is none

  struct Summary {
    uint64_t first_position = 0, last_position = 0, record_bytes = 0;
    uint32_t level = 0;
    std::vector<Scope> scopes;
  };
  /// Syncs. Returns the file's size.
  Result<uint64_t> finish(const Summary& summary);

 private:
  explicit SegmentWriter(segment::NewFile out) : out_(std::move(out)) {}
  void close_rows();
  void close_chunk();
  void close_terms();
  void put_postings(std::string_view bytes);

  segment::NewFile out_;
  segment::TableWriter events_, row_blocks_, words_, postings_, terms_;
  ColumnsWriter columns_;

  std::vector<Row> open_rows_;
  uint32_t rows_ = 0, word_count_ = 0, term_count_ = 0;
  uint32_t oldest_ = 0xffffffff, newest_ = 0;

  std::string posting_block_;
  uint64_t stream_ = 0;  // bytes of postings so far

  std::string term_block_;
  uint32_t terms_in_block_ = 0;
  uint64_t block_hash_ = 0, hash_before_ = 0, offset_before_ = 0;

  uint64_t hash_ = 0;  // of the open term
  std::string list_, skips_;
  uint32_t count_ = 0, row_before_ = 0, first_of_chunk_ = 0, chunk_before_ = 0;
  size_t chunk_begin_ = 0;
};

}  // namespace cairn::history

#pragma once
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "event/attributes.h"
#include "history/coder.h"
#include "history/columns.h"
#include "history/selection.h"
#include "history/tallying.h"

namespace cairn::history {

constexpr size_t kScopesMax = 60'000;  // accounts x regions in one tail; a row has 16 bits for it

/// The newest events, in memory: coded, in the blocks that the segment will have, with an index to search them at once.
/// One thread adds; any thread reads.
class Tail {
 public:
  explicit Tail(uint64_t first_position) : first_position_(first_position), slots_(kSlotsFirst) {}

  void add(Cursor cursor, const event::Attributes& attributes, std::string_view record);
  /// No more than these: seal now. Adding thread only.
  bool full(size_t bytes_max) const { return bytes() >= bytes_max || scopes_.size() >= kScopesMax; }
  size_t bytes() const;  // of memory, near enough

  struct Candidate {
    Cursor cursor;
    std::string record;
  };
  /// The first events, in the order of `selection`, that it may want, at most `limit`; from `place` on, if there is one. They are still to
  /// be checked.
  std::vector<Candidate> gather(const Selection& selection, const std::optional<Cursor>& place, size_t limit) const;

  /// A copy of these columns as they are now, of which one can read as long as this object is there. Null: it has not all of them.
  std::unique_ptr<ColumnSource> copy_columns(ColumnSet wanted) const;

  /// What stands under the terms of these hashes, and under which of them.
  std::vector<std::pair<size_t, Candidate>> match(std::span<const uint64_t> hashes) const;

  uint64_t rows() const;
  Cursor end() const;  // everything that was added is older
  uint64_t first_position() const { return first_position_; }

  // --- for sealing, and for the adding thread only
  struct Term {
    uint64_t hash;
    uint32_t head;  // newest posting, plus one
    uint32_t count;
    uint32_t number;  // of the term: they are numbered as they come
  };
  struct Posting {
    uint32_t row;
    uint32_t older;  // posting, plus one; 0: the last
    uint32_t term;
  };
  struct Block {
    uint32_t first_row;
    std::string sealed;
  };
  void close_block();
  const std::vector<Row>& all_rows() const { return rows_; }
  const std::vector<Scope>& scopes() const { return scopes_; }
  const std::vector<Block>& blocks() const { return blocks_; }
  const Columns& columns() const { return columns_; }
  Coder& words() const { return coder_; }
  uint64_t record_bytes() const { return record_bytes_; }
  std::string record(uint32_t row) const;
  const std::vector<Posting>& postings() const { return postings_; }
  std::vector<Term> sorted_terms() const;
  Cursor cursor_of(const Row& row) const { return {first_position_ + row.position, row.index}; }

 private:
  static constexpr size_t kSlotsFirst = 64;  // a power of two
  class List;
  class ColumnsCopy;

  void close_open_block();
  void read_record(uint32_t row, std::string& out) const;
  uint32_t rows_older_than(const Cursor& cursor) const;
  Term* slot(uint64_t hash);
  const Term* find(uint64_t hash) const;
  void grow();
  uint16_t scope_of(const event::Attributes& attributes);

  mutable std::mutex mutex_;
  const uint64_t first_position_;
  std::vector<Row> rows_;
  std::vector<Scope> scopes_;
  std::unordered_map<std::string, uint16_t> scope_numbers_;
  std::vector<Block> blocks_;  // the open one not among them
  size_t blocks_bytes_ = 0;
  uint64_t record_bytes_ = 0;
  Columns columns_;
  mutable Coder coder_;
  mutable size_t opened_block_ = SIZE_MAX;  // the one that was read last
  mutable std::string opened_;
  mutable CodedBlock opened_events_;
  std::vector<Term> slots_;  // open addressing; head 0: free
  size_t terms_ = 0;
  std::vector<Posting> postings_;
  std::vector<uint64_t> scratch_;
};

}  // namespace cairn::history

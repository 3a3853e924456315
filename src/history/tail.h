#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "event/attributes.h"
#include "history/selection.h"

namespace cairn::history {

constexpr size_t kEventBlockBytes = 32 << 10;  // raw; one more event may reach beyond
constexpr size_t kScopesMax = 60'000;          // accounts x regions in one tail; a row has 16 bits for it

/// The newest events, in memory: compressed in the blocks that the segment will have, with an index to search them at once.
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
    std::shared_ptr<const std::string> block;  // sealed; null: `record` is the event
    uint32_t place = 0;
    std::string record;
  };
  /// The newest events older than `before` that `selection` may want, at most `limit`. They are still to be checked.
  std::vector<Candidate> gather(const Selection& selection, const std::optional<Cursor>& before, size_t limit) const;

  uint64_t rows() const;
  uint64_t first_position() const { return first_position_; }

  // --- for sealing, and for the adding thread only
  struct Term {
    uint64_t hash;
    uint32_t head;  // newest posting, plus one
    uint32_t count;
  };
  struct Posting {
    uint32_t row;
    uint32_t older;  // posting, plus one; 0: the last
  };
  void close_block();
  const std::vector<Row>& all_rows() const { return rows_; }
  const std::vector<Scope>& scopes() const { return scopes_; }
  const std::vector<std::shared_ptr<const std::string>>& blocks() const { return blocks_; }
  const std::vector<Posting>& postings() const { return postings_; }
  std::vector<Term> sorted_terms() const;
  Cursor cursor_of(const Row& row) const { return {first_position_ + row.position, row.index}; }

 private:
  static constexpr size_t kSlotsFirst = 64;  // a power of two
  class List;

  void close_open_block();
  Term* slot(uint64_t hash);
  const Term* find(uint64_t hash) const;
  void grow();
  uint16_t scope_of(const event::Attributes& attributes);

  mutable std::mutex mutex_;
  const uint64_t first_position_;
  std::vector<Row> rows_;
  std::vector<Scope> scopes_;
  std::unordered_map<std::string, uint16_t> scope_numbers_;
  std::vector<std::shared_ptr<const std::string>> blocks_;
  size_t blocks_bytes_ = 0;
  std::string open_block_;
  std::vector<uint32_t> open_offsets_;  // where each event of the open block begins, length first
  std::vector<Term> slots_;             // open addressing; head 0: free
  size_t terms_ = 0;
  std::vector<Posting> postings_;
  std::vector<uint64_t> scratch_;
};

}  // namespace cairn::history

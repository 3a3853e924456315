#include "history/tail.h"

#include <algorithm>

#include "base/check.h"
#include "segment/block.h"
#include "history/terms.h"

namespace cairn::history {

/// The postings of one term, newest first.
class Tail::List {
 public:
  List(const std::vector<Posting>& postings, uint32_t head) : postings_(&postings), at_(head) {}
  bool done() const { return at_ == 0; }
  uint32_t row() const { return (*postings_)[at_ - 1].row; }
  void next() { at_ = (*postings_)[at_ - 1].older; }

 private:
  const std::vector<Posting>* postings_;
  uint32_t at_;
};

void Tail::add(Cursor cursor, const event::Attributes& attributes, std::string_view record) {
  collect_terms(attributes, scratch_);
  std::lock_guard lock(mutex_);
  CHECK(cursor.position >= first_position_ && cursor.position - first_position_ <= 0xffffffff);
  const auto number = static_cast<uint32_t>(rows_.size());
  Row row;
  row.position = static_cast<uint32_t>(cursor.position - first_position_);
  row.index = cursor.index;
  row.time = row_seconds(attributes.time);
  row.block = static_cast<uint32_t>(blocks_.size());
  row.place = static_cast<uint16_t>(open_offsets_.size());
  if (attributes.read_only) row.place |= kReadOnlyFlag;
  if (attributes.management) row.place |= kManagementFlag;
  row.scope = scope_of(attributes);
  rows_.push_back(row);

  open_offsets_.push_back(static_cast<uint32_t>(open_block_.size()));
  segment::put_u32(open_block_, static_cast<uint32_t>(record.size()));
  open_block_ += record;
  for (uint64_t hash : scratch_) {
    Term* term = slot(hash);
    postings_.push_back({number, term->head});
    term->head = static_cast<uint32_t>(postings_.size());
    ++term->count;
  }
  if (open_block_.size() >= kEventBlockBytes || open_offsets_.size() > kPlaceMask) close_open_block();
}

void Tail::close_block() {
  std::lock_guard lock(mutex_);
  close_open_block();
}

void Tail::close_open_block() {
  if (open_block_.empty()) return;
  blocks_.push_back(std::make_shared<const std::string>(segment::seal_block(open_block_)));
  blocks_bytes_ += blocks_.back()->size();
  open_block_.clear();
  open_offsets_.clear();
}

size_t Tail::bytes() const {
  return blocks_bytes_ + blocks_.size() * 64 + open_block_.size() + rows_.capacity() * sizeof(Row) +
         postings_.capacity() * sizeof(Posting) + slots_.size() * sizeof(Term) + scopes_.size() * 192;
}

uint64_t Tail::rows() const {
  std::lock_guard lock(mutex_);
  return rows_.size();
}

uint16_t Tail::scope_of(const event::Attributes& attributes) {
  const auto [it, fresh] = scope_numbers_.try_emplace(attributes.account + '\n' + attributes.region, static_cast<uint16_t>(scopes_.size()));
  if (fresh) {
    CHECK(scopes_.size() < 0xffff);
    scopes_.push_back({attributes.account, attributes.region});
  }
  return it->second;
}

const Tail::Term* Tail::find(uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    if (slots_[i].head == 0) return nullptr;
    if (slots_[i].hash == hash) return &slots_[i];
  }
}

Tail::Term* Tail::slot(uint64_t hash) {
  if ((terms_ + 1) * 3 > slots_.size() * 2) grow();
  const size_t mask = slots_.size() - 1;
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    Term& term = slots_[i];
    if (term.head == 0) {
      term = {hash, 0, 0};
      ++terms_;
      return &term;
    }
    if (term.hash == hash) return &term;
  }
}

void Tail::grow() {
  std::vector<Term> larger(slots_.size() * 2);
  const size_t mask = larger.size() - 1;
  for (const Term& term : slots_) {
    if (term.head == 0) continue;
    size_t i = term.hash & mask;
    while (larger[i].head != 0) i = (i + 1) & mask;
    larger[i] = term;
  }
  slots_ = std::move(larger);
}

std::vector<Tail::Term> Tail::sorted_terms() const {
  std::vector<Term> terms;
  terms.reserve(terms_);
  std::copy_if(slots_.begin(), slots_.end(), std::back_inserter(terms), [](const Term& term) { return term.head != 0; });
  std::sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) { return a.hash < b.hash; });
  return terms;
}

std::vector<Tail::Candidate> Tail::gather(const Selection& selection, const std::optional<Cursor>& before, size_t limit) const {
  std::vector<Candidate> found;
  std::lock_guard lock(mutex_);
  const std::vector<char> scopes = selection.wanted_scopes(scopes_);
  if (std::find(scopes.begin(), scopes.end(), 1) == scopes.end()) return found;
  std::vector<List> lists;
  for (uint64_t hash : selection.terms()) {
    const Term* term = find(hash);
    if (term == nullptr) return found;
    lists.emplace_back(postings_, term->head);
  }
  auto bound = static_cast<uint32_t>(rows_.size());
  if (before) {
    bound = static_cast<uint32_t>(
        std::partition_point(rows_.begin(), rows_.end(), [&](const Row& row) { return older(cursor_of(row), *before); }) - rows_.begin());
  }
  const std::optional<Cursor>& newer_than = selection.query().newer_than;
  intersect(lists, bound, [&](uint32_t number) {
    const Row& row = rows_[number];
    const Cursor cursor = cursor_of(row);
    if (newer_than && !older(*newer_than, cursor)) return false;
    if (!selection.may_want(row, scopes)) return true;
    Candidate candidate{cursor, nullptr, static_cast<uint32_t>(row.place & kPlaceMask), {}};
    if (row.block < blocks_.size()) {
      candidate.block = blocks_[row.block];
    } else {
      const char* at = open_block_.data() + open_offsets_[candidate.place];
      candidate.record.assign(at + 4, segment::get_u32(at));
    }
    found.push_back(std::move(candidate));
    return found.size() < limit;
  });
  return found;
}

}  // namespace cairn::history

#include "history/tail.h"

#include <algorithm>

#include "base/check.h"
#include "history/tallying.h"
#include "history/terms.h"
#include "segment/block.h"

namespace cairn::history {

/// The postings of one term, newest first.
class Tail::List {
 public:
  List(const std::vector<Posting>& postings, uint32_t head) : postings_(&postings), at_(head) {}
  bool done() const { return at_ == 0; }
  uint32_t row() const { return (*postings_)[at_ - 1].row; }
  void seek(uint32_t row) {
    while (at_ != 0 && this->row() > row) at_ = (*postings_)[at_ - 1].older;
  }

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
  if (attributes.read_only) row.place |= kReadOnlyFlag;
  if (attributes.management) row.place |= kManagementFlag;
  row.scope = scope_of(attributes);
  rows_.push_back(row);
  columns_.add(attributes, row);

  record_bytes_ += record.size();
  for (uint64_t hash : scratch_) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  coder_.add(record, row.time);
  for (uint64_t hash : scratch_) {
    Term* term = slot(hash);
    postings_.push_back({number, term->head, term->number});
    term->head = static_cast<uint32_t>(postings_.size());
    ++term->count;
  }
  if (coder_.is_block_full()) close_open_block();
}

void Tail::close_block() {
  std::lock_guard lock(mutex_);
  close_open_block();
}

void Tail::close_open_block() {
  const uint32_t events = coder_.open_events();
  if (events == 0) return;
  const Coder::Block block = coder_.close();
  blocks_.push_back({static_cast<uint32_t>(rows_.size()) - events, segment::seal_block(block.text, block.noise)});
  blocks_bytes_ += blocks_.back().sealed.size();
}

void Tail::read_record(uint32_t row, std::string& out) const {
  const uint32_t open_from = static_cast<uint32_t>(rows_.size()) - coder_.open_events();
  bool read = false;
  if (row >= open_from) {
    read = coder_.open_record(row - open_from, rows_[row].time, out);
  } else {
    const size_t number = static_cast<size_t>(std::ranges::upper_bound(blocks_, row, {}, &Block::first_row) - blocks_.begin()) - 1;
    if (number != opened_block_) {
      opened_ = segment::open_block(blocks_[number].sealed).value();
      opened_events_ = CodedBlock::open(opened_).value();
      opened_block_ = number;
    }
    read = opened_events_.record(row - blocks_[number].first_row, rows_[row].time, coder_, out);
  }
  CHECK(read);
}

std::string Tail::record(uint32_t row) const {
  const std::lock_guard lock(mutex_);
  std::string out;
  read_record(row, out);
  return out;
}

size_t Tail::bytes() const {
  return blocks_bytes_ + blocks_.size() * 64 + coder_.bytes() + rows_.size() * sizeof(Row) + postings_.size() * sizeof(Posting) +
         slots_.size() * sizeof(Term) + scopes_.size() * 192 + columns_.bytes();
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
      term = {hash, 0, 0, static_cast<uint32_t>(terms_++)};
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

std::vector<std::pair<size_t, Tail::Candidate>> Tail::match(std::span<const uint64_t> hashes) const {
  std::vector<std::pair<size_t, Candidate>> found;
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < hashes.size(); ++i) {
    const Term* term = find(hashes[i]);
    for (uint32_t at = term == nullptr ? 0 : term->head; at != 0; at = postings_[at - 1].older) {
      const uint32_t row = postings_[at - 1].row;
      read_record(row, found.emplace_back(i, Candidate{cursor_of(rows_[row]), {}}).second.record);
    }
  }
  return found;
}

Cursor Tail::end() const {
  std::lock_guard lock(mutex_);
  // Later records of an entry are no newer than its first.
  return {rows_.empty() ? first_position_ - 1 : cursor_of(rows_.back()).position, 0xffffffff};
}

uint32_t Tail::rows_older_than(const Cursor& cursor) const {
  const auto is_older = [&](const Row& row) { return older(cursor_of(row), cursor); };
  return static_cast<uint32_t>(std::partition_point(rows_.begin(), rows_.end(), is_older) - rows_.begin());
}

std::vector<Tail::Candidate> Tail::gather(const Selection& selection, const std::optional<Cursor>& place, size_t limit) const {
  std::vector<Candidate> found;
  std::lock_guard lock(mutex_);
  const std::vector<char> scopes = selection.wanted_scopes(scopes_);
  if (std::all_of(scopes.begin(), scopes.end(), [](char kinds) { return kinds == 0; })) return found;
  std::vector<List> lists;
  for (uint64_t hash : selection.terms()) {
    const Term* term = find(hash);
    if (term == nullptr) return found;
    lists.emplace_back(postings_, term->head);
  }
  const Query& query = selection.query();
  const bool is_newest_first = query.order == Query::Order::kNewestFirst;
  const std::optional<Cursor>& before = is_newest_first && place ? place : query.before;
  const std::optional<Cursor>& newer_than = !is_newest_first && place ? place : query.newer_than;
  const uint32_t bound = before ? rows_older_than(*before) : static_cast<uint32_t>(rows_.size());
  const auto is_reached = [&](const Row& row) { return !older(*newer_than, cursor_of(row)); };
  const uint32_t floor =
      newer_than ? static_cast<uint32_t>(std::partition_point(rows_.begin(), rows_.end(), is_reached) - rows_.begin()) : 0;
  intersect(lists, floor, bound, query.order, [&](uint32_t number) {
    const Row& row = rows_[number];
    if (!selection.may_want(row, scopes)) return true;
    read_record(number, found.emplace_back(Candidate{cursor_of(row), {}}).record);
    return found.size() < limit;
  });
  return found;
}

// --- counting

/// Nobody has to wait while it is read.
class Tail::ColumnsCopy final : public ColumnSource {
 public:
  /// With the mutex.
  ColumnsCopy(const Tail& tail, ColumnSet wanted) : tail_(tail), rows_(tail.rows_) {
    for (uint8_t i = 0; i < kColumns; ++i) {
      if ((wanted & bit_of(Column{i})) == 0) continue;
      const auto numbers = tail.columns_.numbers(Column{i});
      numbers_[i].assign(numbers.begin(), numbers.end());
      values_[i] = tail.columns_.texts().of(Column{i});
    }
  }

  Result<void> each(const Selection&, const Between& between, const Take& f) override {
    const auto rows_older_than = [&](const Cursor& cursor) {
      const auto is_older = [&](const Row& row) { return older(tail_.cursor_of(row), cursor); };
      return static_cast<uint32_t>(std::partition_point(rows_.begin(), rows_.end(), is_older) - rows_.begin());
    };
    const uint32_t floor = between.from ? rows_older_than(*between.from) : 0;
    const uint32_t bound = between.before ? rows_older_than(*between.before) : static_cast<uint32_t>(rows_.size());
    if (floor < bound) f(floor, bound);
    return {};
  }
  Result<std::span<const uint32_t>> numbers(Column column, uint32_t first) override {
    return std::span<const uint32_t>(numbers_[static_cast<size_t>(column)]).subspan(first);
  }
  uint32_t values(Column column) const override { return values_[static_cast<size_t>(column)].size(); }
  Result<void> texts(std::span<const Column> columns, std::span<const uint32_t> numbers, std::vector<std::string_view>& out) override {
    out.clear();
    for (size_t i = 0; i < columns.size(); ++i) out.push_back(values_[static_cast<size_t>(columns[i])].text(numbers[i]));
    return {};
  }
  Result<Times> times(uint32_t row) override {
    constexpr uint32_t kAtOnce = 256;
    Times times{row, static_cast<uint32_t>(std::min<size_t>(rows_.size(), size_t{row} + kAtOnce)), UINT32_MAX, 0};
    for (; row < times.end; ++row) {
      times.oldest = std::min(times.oldest, rows_[row].time);
      times.newest = std::max(times.newest, rows_[row].time);
    }
    return times;
  }
  Result<uint32_t> time(uint32_t row) override { return rows_[row].time; }
  std::optional<std::pair<Cursor, std::string>> read(uint32_t row) override {
    return std::pair(tail_.cursor_of(rows_[row]), tail_.record(row));
  }

 private:
  const Tail& tail_;
  const std::vector<Row> rows_;
  std::array<std::vector<uint32_t>, kColumns> numbers_;
  std::array<ColumnValues, kColumns> values_;
};

std::unique_ptr<ColumnSource> Tail::copy_columns(ColumnSet wanted) const {
  std::lock_guard lock(mutex_);
  if ((wanted & ~columns_.texts().kept()) != 0) return nullptr;
  return std::make_unique<ColumnsCopy>(*this, wanted);
}

}  // namespace cairn::history

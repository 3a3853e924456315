#include "history/tallying.h"

#include <algorithm>

#include "history/store.h"

namespace cairn::history {

// --- combinations

Combinations::Combinations(ColumnSource& source, std::vector<Column> columns)
    : source_(source),
      columns_(std::move(columns)),
      values_(columns_.empty() ? 1 : source.values(columns_[0])),
      open_(columns_.size()),
      levels_(columns_.empty() ? 0 : columns_.size() - 1) {}

Result<void> Combinations::open(uint32_t first) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    const auto numbers = source_.numbers(columns_[i], first);
    if (!numbers) return tl::unexpected(numbers.error());
    open_[i] = *numbers;
  }
  return {};
}

uint32_t Combinations::number_of_several(uint32_t place) {
  uint32_t all = open_[0][place];
  for (size_t level = 0; level < levels_.size() && all < kMax; ++level) {
    const uint32_t before = levels_[level].count;
    all = pair(level, all, open_[level + 1][place]);
    if (level + 1 == levels_.size() && levels_[level].count != before)
      for (const auto& numbers : open_) chosen_.push_back(numbers[place]);
  }
  return all;
}

uint32_t Combinations::pair(size_t level, uint32_t first, uint32_t second) {
  Pairs& pairs = levels_[level];
  const uint64_t key = uint64_t{first} << 32 | second;
  const auto place_of = [](const std::vector<uint64_t>& keys, uint64_t sought) {
    size_t at = (sought * 0x9e3779b97f4a7c15) >> 32 & (keys.size() - 1);
    while (keys[at] != sought && keys[at] != UINT64_MAX) at = (at + 1) & (keys.size() - 1);
    return at;
  };
  size_t at = place_of(pairs.keys, key);
  if (pairs.keys[at] == key) return pairs.numbers[at];
  if (pairs.count == kMax) return kMax;
  if (pairs.count * 2 >= pairs.keys.size()) {
    Pairs larger{std::vector<uint64_t>(pairs.keys.size() * 2, UINT64_MAX), std::vector<uint32_t>(pairs.keys.size() * 2), pairs.count};
    for (size_t i = 0; i < pairs.keys.size(); ++i) {
      if (pairs.keys[i] == UINT64_MAX) continue;
      const size_t to = place_of(larger.keys, pairs.keys[i]);
      larger.keys[to] = pairs.keys[i];
      larger.numbers[to] = pairs.numbers[i];
    }
    pairs = std::move(larger);
    at = place_of(pairs.keys, key);
  }
  pairs.keys[at] = key;
  return pairs.numbers[at] = pairs.count++;
}

Result<std::span<const std::string_view>> Combinations::texts(uint32_t number) {
  const std::span<const uint32_t> numbers =
      levels_.empty() ? std::span(&number, columns_.size()) : std::span(chosen_).subspan(number * columns_.size(), columns_.size());
  if (auto found = source_.texts(columns_, numbers, texts_); !found) return tl::unexpected(found.error());
  return std::span<const std::string_view>(texts_);
}

// --- counting

Tallying::Tallying(const Selection& selection, const Tally& tally, Counter& counter, ColumnSource& source, const IsLate& is_late)
    : selection_(selection),
      tally_(tally),
      counter_(counter),
      source_(source),
      is_late_(is_late),
      place_(source, {Column::kPlace}),
      conditions_(source, tally.conditions),
      places_(source.values(Column::kPlace)) {
  for (const Column column : tally.fields) fields_.push_back({Combinations(source, {column}), {}});
}

ColumnSet Tallying::columns_of(const Tally& tally) {
  ColumnSet all = bit_of(Column::kPlace);
  for (const auto* columns : {&tally.conditions, &tally.fields})
    for (const Column column : *columns) all |= bit_of(column);
  return all;
}

Result<bool> Tallying::count(const Between& between) {
  const auto given = source_.each(selection_, between, [this](uint32_t first, uint32_t end) { return take(first, end); });
  if (!given) return tl::unexpected(given.error());
  if (error_) return tl::unexpected(*error_);
  return !has_given_up_;
}

bool Tallying::fail(Failure why) {
  error_ = std::move(why);
  return false;
}

bool Tallying::give_up() {
  has_given_up_ = true;
  return false;
}

bool Tallying::open_block(uint32_t row) {
  block_first_ = row / kColumnRowsPerBlock * kColumnRowsPerBlock;
  block_end_ = block_first_ + kColumnRowsPerBlock;
  if (auto opened = place_.open(block_first_); !opened) return fail(opened.error());
  if (auto opened = conditions_.open(block_first_); !opened) return fail(opened.error());
  for (Field& field : fields_)
    if (auto opened = field.values.open(block_first_); !opened) return fail(opened.error());
  return true;
}

bool Tallying::ask_place(uint32_t number) {
  const auto texts = place_.texts(number);
  if (!texts) return fail(texts.error());
  const auto place = read_place((*texts)[0]);
  if (!place) return fail({"a column holds what is no place"});
  const bool is_wanted = selection_.may_want_place({std::string(place->account), std::string(place->region)}, place->flags);
  places_[number] = !is_wanted ? Answer::kNo : place->is_plain ? Answer::kYes : Answer::kRead;
  return true;
}

bool Tallying::ask_condition(uint32_t number) {
  if (is_late_()) return give_up();
  const auto texts = conditions_.texts(number);
  if (!texts) return fail(texts.error());
  wanted_[number] = counter_.wants(*texts) ? Answer::kYes : Answer::kNo;
  return true;
}

int64_t Tallying::interval_of(uint32_t time) const {
  return tally_.interval ? int64_t{time} - int64_t{time} % tally_.interval->count() : 0;
}

void Tallying::enter(uint32_t time) {
  const int64_t interval = interval_of(time);
  if (in_interval_ != nullptr && interval == interval_) return;
  interval_ = interval;
  in_interval_ = &intervals_[interval];
}

bool Tallying::open_times(uint32_t row) {
  const auto times = source_.times(row);
  if (!times) return fail(times.error());
  times_ = *times;
  are_alike_ = selection_.covers(times_.oldest, times_.newest) && interval_of(times_.oldest) == interval_of(times_.newest);
  return true;
}

bool Tallying::take(uint32_t first, uint32_t end) {
  for (uint32_t row = first; row < end;) {
    if ((row < block_first_ || row >= block_end_) && !open_block(row)) return false;
    if ((row < times_.first || row >= times_.end) && !open_times(row)) return false;
    const uint32_t next = std::min({end, block_end_, times_.end});
    if (are_alike_) {
      enter(times_.oldest);
      if (!take_alike(row, next)) return false;
    } else if (selection_.overlaps(times_.oldest, times_.newest)) {
      for (uint32_t each = row; each < next; ++each) {
        const auto time = source_.time(each);
        if (!time) return fail(time.error());
        if (!selection_.may_want_time(*time)) continue;
        enter(*time);
        if (!take_alike(each, each + 1)) return false;
      }
    }
    row = next;
  }
  return true;
}

/// Rows of one block and interval, of times that are wanted.
bool Tallying::take_alike(uint32_t first, uint32_t end) {
  taken_.clear();
  for (uint32_t at = first - block_first_; at < end - block_first_; ++at) {
    const uint32_t place = place_.number(at);
    if (places_[place] == Answer::kUnknown && !ask_place(place)) return false;
    if (places_[place] == Answer::kYes) taken_.push_back(at);
    if (places_[place] == Answer::kRead) read_.push_back(block_first_ + at);
  }
  if (read_.size() > kReadMax) return give_up();
  size_t wanted = 0;
  for (const uint32_t at : taken_) {
    const uint32_t condition = conditions_.number(at);
    if (condition >= conditions_.count()) return give_up();
    if (condition >= wanted_.size()) wanted_.resize(conditions_.count());
    if (wanted_[condition] == Answer::kUnknown && !ask_condition(condition)) return false;
    if (wanted_[condition] == Answer::kYes) taken_[wanted++] = at;
  }
  taken_.resize(wanted);
  *in_interval_ += taken_.size();
  for (Field& field : fields_) {
    if (field.counts.empty()) field.counts.resize(field.values.count());
    for (const uint32_t at : taken_) ++field.counts[field.values.number(at)];
  }
  return true;
}

Result<void> Tallying::tell() {
  for (size_t i = 0; i < fields_.size(); ++i)
    for (uint32_t number = 0; number < fields_[i].counts.size(); ++number) {
      if (fields_[i].counts[number] == 0) continue;
      const auto texts = fields_[i].values.texts(number);
      if (!texts) return tl::unexpected(texts.error());
      counter_.add(i, (*texts)[0], fields_[i].counts[number]);
    }
  for (const auto& [second, events] : intervals_)
    if (events > 0) counter_.add_time(second, events);
  json::Document document;
  for (const uint32_t row : read_) {
    auto found = source_.read(row);
    if (!found) continue;
    auto attributes = event::attributes(found->second, document);
    if (attributes && selection_.wants(*attributes, found->second))
      counter_.add(Event{found->first, std::move(*attributes), std::move(found->second)});
  }
  return {};
}

}  // namespace cairn::history

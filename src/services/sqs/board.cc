#include "services/sqs/board.h"

#include "base/text.h"
#include "services/sqs/documents.h"
#include "services/sqs/move_task.h"

namespace cairn::sqs {
namespace {

constexpr uint64_t kSequenceBase = 10'000'000'000'000'000'000u;  // so that all have 20 digits
constexpr int kCounterBits = 20;
constexpr size_t kCountedAtOnce = 1 << 14;

uint64_t sequence_of(int64_t millis) { return kSequenceBase + (static_cast<uint64_t>(millis) << kCounterBits); }

/// "sqs/due/ID/TIMEk/SEQ"
struct Due {
  std::string_view queue_id;
  int64_t second = 0;
  bool is_received = false;
};
std::optional<Due> parse_due(std::string_view key) {
  if (!key.starts_with(documents::kDue)) return std::nullopt;
  key.remove_prefix(documents::kDue.size());
  const size_t slash = key.find('/'), end = key.find('/', slash + 1);
  if (slash == std::string_view::npos || end == std::string_view::npos || end < slash + 3) return std::nullopt;
  const std::optional<int64_t> time = text::to_int(key.substr(slash + 1, end - slash - 2));
  if (!time) return std::nullopt;
  return Due{key.substr(0, slash), *time / 1000, key[end - 1] == 'r'};
}

}  // namespace

int64_t time_of_sequence(std::string_view sequence) {
  return static_cast<int64_t>((text::to_uint(sequence).value_or(kSequenceBase) - kSequenceBase) >> kCounterBits);
}

std::string first_sequence_of(int64_t millis) { return std::to_string(sequence_of(millis)); }

// ---- counting

void Board::start(state::Store& store, journal::Position position) {
  std::string after;
  for (bool more = true; more;) {
    state::Transaction transaction(store);
    const state::Page page = transaction.list(documents::kDue, after, kCountedAtOnce);
    more = page.more;
    for (const state::Item& item : page.items) {
      count(item.key, 1);
      const std::string_view sequence = std::string_view(item.key).substr(item.key.rfind('/') + 1);
      sequence_ = std::max(sequence_.load(), text::to_uint(sequence).value_or(0));
    }
    if (!page.items.empty()) after = page.items.back().key;
  }
  position_ = position.seq;
}

void Board::settle(Tally& tally, int64_t second) {
  while (!tally.future.empty() && tally.future.begin()->first < second) {
    const auto& [never, received] = tally.future.begin()->second;
    tally.visible += never + received;
    tally.future.erase(tally.future.begin());
  }
}

void Board::count(std::string_view key, int change) {
  const std::optional<Due> due = parse_due(key);
  if (!due) return;
  const int64_t now = clock_.now().time_since_epoch().count() / 1000;
  const std::lock_guard lock(tally_mutex_);
  Tally& tally = tallies_[std::string(due->queue_id)];
  settle(tally, now);
  if (due->second < now) tally.visible += change;
  else if (auto& bucket = tally.future[due->second]; (bucket[due->is_received] += change) == 0 && bucket[!due->is_received] == 0)
    tally.future.erase(due->second);
  if (tally.empty()) tallies_.erase(std::string(due->queue_id));
}

Board::Counts Board::counts(std::string_view queue_id) const {
  const int64_t now = clock_.now().time_since_epoch().count() / 1000;
  const std::lock_guard lock(tally_mutex_);
  const auto found = tallies_.find(std::string(queue_id));
  if (found == tallies_.end()) return {};
  int64_t visible = found->second.visible, in_flight = 0, delayed = 0;
  for (const auto& [second, bucket] : found->second.future) {
    const auto& [never, received] = bucket;
    if (second <= now) {
      visible += never + received;
    } else {
      delayed += never;
      in_flight += received;
    }
  }
  const auto whole = [](int64_t count) { return static_cast<size_t>(std::max<int64_t>(count, 0)); };
  return {whole(visible), whole(in_flight), whole(delayed)};
}

void Board::consume(journal::Position position, const journal::EntryView& entry) {
  std::map<std::string, size_t, std::less<>> came;
  for (const journal::ChangeView& change : entry.changes) {
    if (change.value && change.key.starts_with(documents::kMoving))
      if (env::Task* upkeep = upkeep_.load()) upkeep->wake();
    const std::optional<Due> due = parse_due(change.key);
    if (!due) continue;
    count(change.key, change.value ? 1 : -1);
    if (change.value) ++came[std::string(due->queue_id)];
  }
  for (const auto& [queue_id, messages] : came) room_.wake(queue_id, messages);
  position_ = position.seq;
}

std::string Board::next_sequence(std::string_view last) {
  const uint64_t fresh = sequence_of(clock_.now().time_since_epoch().count());
  const uint64_t floor = std::max(fresh, text::to_uint(last).value_or(0) + 1);
  uint64_t before = sequence_.load(), next = 0;
  do next = std::max(before + 1, floor);
  while (!sequence_.compare_exchange_weak(before, next));
  return std::to_string(next);
}

}  // namespace cairn::sqs

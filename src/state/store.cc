#include "state/store.h"

#include <atomic>
#include <deque>
#include <mutex>
#include <shared_mutex>

#include "base/check.h"
#include "base/log.h"
#include "state/store_impl.h"

namespace cairn::state {

namespace {

using journal::Position;
using std::chrono_literals::operator""ms;

constexpr auto kRetryAfter = 1000ms;  // the engine refused a checkpoint
constexpr auto kDurablePause = 2ms;   // what is to be checkpointed is being synced

}  // namespace

Store::Impl::Impl(Engine& engine_given, const Options& options_given)
    : engine(engine_given),
      options(options_given),
      cache(options_given.cache_bytes_max),
      horizon(engine_given.position().seq),
      visible(engine_given.position().seq),
      checkpointed(engine_given.position().seq) {}

// ---- reading

Value Store::Impl::get(std::string_view key) {
  {
    const std::shared_lock lock(overlay_mutex);
    if (const auto at = active.cells.find(key); at != active.cells.end()) return at->second.value;
    if (frozen) {
      if (const auto at = frozen->cells.find(key); at != frozen->cells.end()) return at->second.value;
    }
  }
  if (auto cached = cache.get(key)) return *cached;
  const uint64_t ticket = cache.ticket();
  auto row = engine.get(key);
  Value value = row ? std::make_shared<const std::string>(std::move(row->value)) : nullptr;
  cache.put(ticket, key, value);
  return value;
}

/// What the layers say about a range: in order, until `puts` keys that are there.
std::vector<std::pair<std::string, Value>> Store::Impl::overlay_range(std::string_view prefix, std::string_view after, size_t puts) const {
  static const Layer kNone;
  std::vector<std::pair<std::string, Value>> out;
  const std::shared_lock lock(overlay_mutex);
  const Layer& below = frozen ? *frozen : kNone;
  auto a = active.begin_of(prefix, after);
  auto b = below.begin_of(prefix, after);
  const auto in_range = [&](const Layer& layer, Layer::Cells::const_iterator at) {
    return at != layer.cells.end() && at->first.starts_with(prefix);
  };
  while (puts > 0) {
    const bool more_a = in_range(active, a);
    const bool more_b = in_range(below, b);
    if (!more_a && !more_b) break;
    Layer::Cells::const_iterator take;
    if (!more_b || (more_a && a->first <= b->first)) {
      if (more_b && a->first == b->first) ++b;  // hidden by the newer one
      take = a++;
    } else {
      take = b++;
    }
    out.emplace_back(take->first, take->second.value);
    if (take->second.value) --puts;
  }
  return out;
}

std::vector<std::pair<std::string, Value>> Store::Impl::list(std::string_view prefix, std::string_view after, size_t limit) {
  // First the layers, then the engine: what moves from there to here in between is seen twice, never missed.
  const auto overlay = overlay_range(prefix, after, limit);
  std::vector<std::pair<std::string, Value>> out;
  auto above = overlay.begin();
  const auto take_above = [&] {
    if (above->second) out.push_back(*above);
    ++above;
  };
  std::string cursor(after);
  while (out.size() < limit) {
    const size_t wanted = limit - out.size();
    auto rows = engine.scan(prefix, cursor, wanted);
    for (Engine::Row& row : rows) {
      while (above != overlay.end() && above->first < row.key && out.size() < limit) take_above();
      if (out.size() == limit) return out;
      if (above != overlay.end() && above->first == row.key) {
        take_above();
      } else {
        out.emplace_back(row.key, std::make_shared<const std::string>(std::move(row.value)));
      }
      cursor = std::move(row.key);
    }
    if (rows.size() < wanted) break;  // the engine has no more
  }
  while (above != overlay.end() && out.size() < limit) take_above();
  return out;
}

// ---- transactions

Position Store::Impl::enter() {
  const std::lock_guard lock(live_mutex);
  const uint64_t base = visible.load(std::memory_order_acquire);
  ++live[base];
  return {base};
}

void Store::Impl::leave(Position base) {
  const std::lock_guard lock(live_mutex);
  const auto at = live.find(base.seq);
  if (--at->second == 0) live.erase(at);
}

uint64_t Store::Impl::oldest_base() {
  const std::lock_guard lock(live_mutex);
  return live.empty() ? visible.load(std::memory_order_acquire) : live.begin()->first;
}

bool Store::Impl::changed_since(uint64_t base, const Layer& layer, std::span<const std::string> keys,
                                std::span<const Transaction::RangeRead> ranges) {
  if (layer.newest <= base) return false;
  for (const std::string& key : keys) {
    const auto at = layer.cells.find(key);
    if (at != layer.cells.end() && at->second.version > base) return true;
  }
  for (const auto& range : ranges) {
    for (auto at = layer.begin_of(range.prefix, range.after); at != layer.cells.end() && at->first.starts_with(range.prefix); ++at) {
      if (!range.last.empty() && at->first > range.last) break;
      if (at->second.version > base) return true;
    }
  }
  return false;
}

bool Store::Impl::valid(uint64_t base, std::span<const std::string> keys, std::span<const Transaction::RangeRead> ranges) const {
  if (keys.empty() && ranges.empty()) return true;
  if (base < horizon) return false;  // what changed then is forgotten: assume the worst
  if (changed_since(base, active, keys, ranges)) return false;
  if (frozen && changed_since(base, *frozen, keys, ranges)) return false;
  return std::none_of(retained.begin(), retained.end(), [&](const auto& layer) { return changed_since(base, *layer, keys, ranges); });
}

void Store::Impl::apply(Position position, const journal::EntryView& entry) {
  for (const auto& change : entry.changes)
    if (journal::topic_of(change.key).empty()) active.set(change.key, change.value, position.seq);
  visible.store(position.seq, std::memory_order_release);
  waiting_bytes.store(active.bytes + (frozen ? frozen->bytes : 0), std::memory_order_relaxed);
}

Transaction::Transaction(Store& store) : store_(&store), base_(store.impl_->enter()) {}

Transaction::~Transaction() { store_->impl_->leave(base_); }

std::optional<std::string> Transaction::get(const std::string& key) {
  if (const auto own = changed_.find(key); own != changed_.end()) return changes_[own->second].value;
  reads_.push_back(key);
  const Value value = store_->impl_->get(key);
  return value ? std::optional(*value) : std::nullopt;
}

bool Transaction::exists(const std::string& key) {
  if (const auto own = changed_.find(key); own != changed_.end()) return changes_[own->second].value.has_value();
  reads_.push_back(key);
  return store_->impl_->get(key) != nullptr;
}

Page Transaction::list(const std::string& prefix, const std::string& after, size_t limit) {
  limit = std::min(limit, kListMax);
  auto own = after < prefix ? changed_.lower_bound(prefix) : changed_.upper_bound(after);
  const auto own_in_range = [&] { return own != changed_.end() && own->first.starts_with(prefix); };
  size_t erased = 0;
  for (auto at = own; at != changed_.end() && at->first.starts_with(prefix); ++at) erased += !changes_[at->second].value;
  // One more than asked for tells whether there is more; those erased here do not count.
  const auto rows = store_->impl_->list(prefix, after, limit + 1 + erased);
  std::vector<Item> items;
  const auto take_own = [&] {
    const journal::Change& change = changes_[own->second];
    if (change.value) items.push_back({change.key, *change.value});
    ++own;
  };
  for (const auto& [key, value] : rows) {
    while (items.size() <= limit && own_in_range() && own->first < key) take_own();
    if (items.size() > limit) break;
    if (own_in_range() && own->first == key) {
      take_own();
    } else {
      items.push_back({key, *value});
    }
  }
  while (items.size() <= limit && own_in_range()) take_own();
  Page page{std::move(items), false};
  RangeRead range{prefix, after, ""};
  if (page.items.size() > limit) {
    page.more = true;
    range.last = page.items.back().key;
    page.items.pop_back();
  }
  ranges_.push_back(std::move(range));
  return page;
}

void Transaction::change(std::string key, std::optional<std::string> value) {
  const auto [at, added] = changed_.emplace(key, changes_.size());
  if (added) {
    changes_.push_back({std::move(key), std::move(value)});
  } else {
    changes_[at->second].value = std::move(value);
  }
}

void Transaction::put(std::string key, std::string value) { change(std::move(key), std::move(value)); }

void Transaction::erase(std::string key) { change(std::move(key), std::nullopt); }

void Transaction::note(std::string_view topic, std::string value) { change(journal::note_key(topic), std::move(value)); }

std::span<const journal::Change> Transaction::changes() const { return changes_; }

void Transaction::reset() {
  const Position base = store_->impl_->enter();
  store_->impl_->leave(std::exchange(base_, base));
  reads_.clear();
  ranges_.clear();
  changes_.clear();
  changed_.clear();
}

// ---- the store

const Watch& Store::watch(std::string prefix) {
  const std::lock_guard lock(impl_->commit_mutex);
  return *impl_->watches.emplace_back(std::make_unique<Watch>(std::move(prefix)));
}

void Store::count(std::span<const std::unique_ptr<Watch>> watches, std::span<const journal::Change> changes) {
  for (const std::unique_ptr<Watch>& watch : watches) {
    const bool touched =
        std::any_of(changes.begin(), changes.end(), [&](const auto& change) { return change.key.starts_with(watch->prefix_); });
    if (touched) watch->version_.fetch_add(1, std::memory_order_acq_rel);
  }
}

Store::Store(Engine& engine, const Options& options) : impl_(std::make_unique<Impl>(engine, options)) {}

Store::~Store() = default;

void Store::replay(Position position, const journal::EntryView& entry) {
  const std::lock_guard lock(impl_->commit_mutex);
  CHECK(!impl_->journal);
  if (position <= impl_->engine.position()) return;
  {
    const std::unique_lock overlay(impl_->overlay_mutex);
    impl_->apply(position, entry);
  }
  if (impl_->active.bytes >= impl_->options.overlay_bytes_max / 2) impl_->flush_replayed();
}

void Store::start(journal::Journal& journal, env::Tasks& tasks) {
  {
    const std::lock_guard lock(impl_->commit_mutex);
    impl_->journal = &journal;
    impl_->dirty = impl_->visible > impl_->checkpointed;
  }
  impl_->task = tasks.start("checkpoint", [this] { return impl_->step(); });
}

Result<Position, Store::Conflict> Store::commit(Transaction& transaction,
                                                const std::function<Position(std::span<const journal::Change>)>& append) {
  Impl& impl = *impl_;
  CHECK(transaction.store_ == this);
  // Copied before the locks are taken; the views point into the transaction.
  journal::EntryView changes;
  changes.changes.reserve(transaction.changes_.size());
  for (const journal::Change& change : transaction.changes_) changes.changes.push_back({change.key, change.value});
  Position position;
  bool wake = false;
  {
    const std::lock_guard lock(impl.commit_mutex);
    // Held over append: once it returns the answer may leave, and whoever got it must find the change.
    const std::unique_lock overlay(impl.overlay_mutex);
    if (!impl.valid(transaction.base_.seq, transaction.reads_, transaction.ranges_)) return tl::unexpected(Conflict{});
    count(impl.watches, transaction.changes_);  // once before anybody can hear of it, once when it can be read
    position = append(transaction.changes_);
    const bool small = impl.active.bytes < impl.options.checkpoint_bytes;
    impl.apply(position, changes);
    count(impl.watches, transaction.changes_);
    wake = !std::exchange(impl.dirty, true) || (small && impl.active.bytes >= impl.options.checkpoint_bytes);
  }
  if (wake && impl.task) impl.task->wake();
  return position;
}

bool Store::accepting() const { return impl_->waiting_bytes.load(std::memory_order_relaxed) < impl_->options.overlay_bytes_max; }

Position Store::checkpointed() const { return {impl_->checkpointed.load(std::memory_order_acquire)}; }

void Store::checkpoint() {
  // The first may finish one that was under way.
  for (int i = 0; i < 2; ++i) {
    if (impl_->checkpoint() != Impl::Outcome::kDone) return;
  }
}

// ---- checkpoints

/// One checkpoint takes everything appended when it begins: with the layer set apart, later changes of the same keys cannot
/// hide values that belong to it.
Store::Impl::Outcome Store::Impl::checkpoint() {
  const std::lock_guard only(checkpoint_mutex);
  if (!frozen) {
    const std::lock_guard lock(commit_mutex);
    const std::unique_lock overlay(overlay_mutex);
    // Entries that came past the store hold no changes, so that everything appended is in the layers.
    frozen_position = journal->appended();
    frozen = std::make_shared<Layer>(std::move(active));
    active = {};
    dirty = false;
  }
  if (journal->durable() < frozen_position) return Outcome::kNotDurable;
  if (auto done = write(*frozen, frozen_position); !done) {
    if (!std::exchange(failing, true)) log::warning("The state's checkpoint failed and is tried again.", {{"error", done.error().message}});
    return Outcome::kFailed;
  }
  failing = false;
  {
    const std::unique_lock overlay(overlay_mutex);
    retained_bytes += frozen->bytes;
    retained.push_back(std::move(frozen));
    frozen = nullptr;
    waiting_bytes.store(active.bytes, std::memory_order_relaxed);
  }
  trim();
  return Outcome::kDone;
}

Result<void> Store::Impl::write(const Layer& layer, Position position) {
  if (layer.cells.empty() && position == engine.position()) return {};
  std::vector<Engine::Write> writes;
  std::vector<std::string_view> keys;
  writes.reserve(layer.cells.size());
  keys.reserve(layer.cells.size());
  for (const auto& [key, cell] : layer.cells) {
    writes.push_back({key, cell.value ? std::optional<std::string_view>(*cell.value) : std::nullopt, {cell.version}});
    keys.push_back(key);
  }
  cache.begin_change();
  auto done = engine.apply(writes, position);
  cache.end_change(keys);
  if (done) checkpointed.store(position.seq, std::memory_order_release);
  return done;
}

void Store::Impl::flush_replayed() {
  // What is replayed is durable. A failure is no harm: the layer just grows.
  if (auto done = write(active, {visible}); !done) return;
  const std::unique_lock overlay(overlay_mutex);
  horizon = visible;
  active = {};
  waiting_bytes.store(0, std::memory_order_relaxed);
}

/// Lets go of layers that no live transaction can need to tell a conflict.
bool Store::Impl::trim() {
  std::vector<std::shared_ptr<Layer>> gone;  // freed without the lock
  const uint64_t base = oldest_base();
  const std::unique_lock overlay(overlay_mutex);
  while (!retained.empty() && (retained.front()->newest <= base || retained_bytes > options.overlay_bytes_max)) {
    horizon = std::max(horizon, retained.front()->newest);
    retained_bytes -= retained.front()->bytes;
    gone.push_back(std::move(retained.front()));
    retained.pop_front();
  }
  return retained.empty();
}

env::Next Store::Impl::step() {
  if (!std::exchange(due, false)) {
    const bool all_gone = trim();
    const std::lock_guard lock(commit_mutex);
    const std::shared_lock overlay(overlay_mutex);
    if (!dirty && !frozen) return all_gone ? env::Next::when_woken() : env::Next::after(options.checkpoint_interval);
    due = true;  // the next step is late enough, or was woken because there is much
    if (active.bytes < options.checkpoint_bytes) return env::Next::after(options.checkpoint_interval);
    return env::Next::now();
  }
  switch (checkpoint()) {
    case Outcome::kDone:
      return env::Next::now();
    case Outcome::kNotDurable:
      due = true;
      return env::Next::after(kDurablePause);
    case Outcome::kFailed:
      break;
  }
  due = true;
  return env::Next::after(kRetryAfter);
}

}  // namespace cairn::state

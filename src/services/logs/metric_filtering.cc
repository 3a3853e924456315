#include "services/logs/metric_filtering.h"

#include "base/log.h"
#include "logs/event.h"
#include "services/logs/group_key.h"
#include "state/internal_commit.h"

namespace cairn::logs_service {
namespace {

using namespace std::chrono_literals;

constexpr size_t kReadBytes = 4 << 20;        // of the journal in one step
constexpr size_t kFoundBytesMax = 384 << 10;  // of measurements in one entry: far below what the journal takes
constexpr auto kGather = 50ms;                // between looks at a journal that goes on and on
constexpr auto kRetry = 1s;
constexpr size_t kSettledMax = 64;    // minutes of a filter: streams of a group are not in step
constexpr uint32_t kResolution = 60;  // metrics of filters are of standard resolution

}  // namespace

std::string encode(const FilteringCursor& cursor) { return json::dump({{"position", cursor.position.seq}, {"events", cursor.events}}); }

FilteringCursor decode_filtering_cursor(std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  return {.position = {document.at("position").get<uint64_t>()}, .events = document.at("events").get<uint64_t>()};
}

MetricFiltering::MetricFiltering(const Means& means, env::Tasks& tasks) : means_(means) {
  state::Transaction state(means_.store);
  const std::optional<std::string> kept = state.get(documents::kFilteringCursor);
  if (kept) cursor_ = decode_filtering_cursor(*kept);
  // It moves when there is something to add; what the journal has forgotten since was nothing.
  const journal::Position oldest{means_.journal.oldest().seq - 1};
  if (cursor_.position < oldest) cursor_ = {.position = oldest, .events = 0};
  const std::string folder(documents::kMetricFilters);
  for (std::string after;;) {
    const state::Page page = state.list(folder, after, 1000);
    for (const state::Item& item : page.items) put_to_work(after = item.key, item.value);
    if (!page.more) break;
  }
  last_committed_ = *durable_ = cursor_.position.seq;
  needed_ = cursor_.position.seq;
  task_ = tasks.start("metric filters", [this] { return ready_ ? step() : env::Next::when_woken(); });
  ready_ = true;
  means_.journal.watch(task_.get());
  task_->wake();  // what became durable before the watch
}

MetricFiltering::~MetricFiltering() { means_.journal.unwatch(task_.get()); }

env::Next MetricFiltering::step() {
  const std::chrono::nanoseconds now = means_.clock.steady();
  if (now < next_look_) return env::Next::after(next_look_ - now);
  if (!read() || !commit()) return env::Next::after(kRetry);
  if (means_.journal.durable() > cursor_.position) return env::Next::now();
  next_look_ = now + kGather;
  return env::Next::when_woken();
}

/// False: the journal cannot be read.
bool MetricFiltering::read() {
  bool full = false;
  const auto given = means_.journal.read(cursor_.position, kReadBytes, [&](journal::Position position, std::string_view bytes) {
    if (full) return;
    const Result<journal::EntryView> entry = journal::decode_entry(bytes);
    if (!entry) return;  // a newer version wrote it: Feed has crashed by now
    if (!groups_.empty())
      for (const journal::ChangeView& change : entry->changes)
        if (change.value && journal::topic_of(change.key) == logs::kNote && !look_at(*change.value)) full = true;
    if (full) return;
    take_changes(*entry);  // a filter's first event is the one after it
    cursor_ = {.position = position, .events = 0};
  });
  if (!given && !std::exchange(failing_, true))
    log::error("Metric filters cannot read the journal and wait.", {{"error", given.error().message}});
  failing_ = failing_ && !given;
  return given.has_value();
}

void MetricFiltering::take_changes(const journal::EntryView& entry) {
  for (const journal::ChangeView& change : entry.changes)
    if (change.key.starts_with(documents::kMetricFilters)) put_to_work(std::string(change.key), change.value);
}

void MetricFiltering::put_to_work(const std::string& key, std::optional<std::string_view> document) {
  if (const auto before = group_of_.find(key); before != group_of_.end()) {
    const auto group = groups_.find(before->second);
    group->second.filters.erase(key);
    group->second.set.reset();
    if (group->second.filters.empty()) groups_.erase(group);
    group_of_.erase(before);
  }
  if (!document) return;
  Result<CompiledFilter, patterns::Refusal> compiled = CompiledFilter::compile(decode_metric_filter(*document));
  if (!compiled) {
    log::error("A metric filter that was accepted cannot be compiled.", {{"filter", key}, {"error", compiled.error().message}});
    return;
  }
  const std::string id = compiled->filter().group_id;
  group_of_[key] = id;
  groups_[id].set.reset();
  groups_[id].filters.emplace(key, AtWork{std::move(*compiled), {}});
}

bool MetricFiltering::AtWork::settle(int64_t minute) {
  if (settled.size() == kSettledMax && minute < *settled.begin()) return false;
  const bool is_first = settled.insert(minute).second;
  if (settled.size() > kSettledMax) settled.erase(settled.begin());
  return is_first;
}

bool MetricFiltering::look_at(std::string_view note) {
  Result<logs::Batch> batch = logs::decode_batch(note);
  if (!batch) return true;  // the store of log events has logged it
  const auto found = groups_.find(batch->group);
  if (found == groups_.end() || !open(*batch)) return true;
  Group& group = found->second;
  if (!group.set) {
    std::vector<patterns::FilterPattern> patterns;
    for (const auto& [key, filter] : group.filters) patterns.push_back(filter.compiled.pattern());
    group.set.emplace(std::move(patterns));
  }
  for (uint64_t i = cursor_.events; i < batch->items.size(); ++i) {
    if (found_.bytes() >= kFoundBytesMax) {
      cursor_.events = i;
      return false;
    }
    look_at(group, batch->items[i], batch->ingested);
    ++events_;
  }
  return true;
}

bool MetricFiltering::open(logs::Batch& batch) {
  if (batch.items.empty() || !is_sealed(batch.items.front().message)) return true;
  const state::Watch* kms = means_.ports != nullptr ? means_.ports->kms_documents : nullptr;
  if (kms == nullptr) return false;
  const uint64_t version = kms->version();
  // KMS is asked again, and tells it again, when something has changed there.
  if (const auto refused = unreadable_.find(batch.group); refused != unreadable_.end() && refused->second == version) return false;
  state::Transaction state(means_.store);
  if (open_batch(*means_.ports, state, means_.clock.now(), batch, records_)) {
    unreadable_.erase(batch.group);
    return true;
  }
  log::error("Log events cannot be held against metric filters: the KMS key of their group may not be used.", {{"group", batch.group}});
  unreadable_[batch.group] = version;
  return false;
}

void MetricFiltering::look_at(Group& group, const logs::Batch::Item& item, int64_t ingested) {
  const std::vector<char> matches = group.set->match(item.message);
  auto match = matches.begin();
  for (auto& [key, filter] : group.filters) {
    const bool is_match = *match++ != 0;
    // After a restart the filters are newer than the events.
    if (filter.compiled.filter().created.time_since_epoch().count() > ingested) continue;
    const metrics::Slot slot = metrics::slot_of(item.timestamp / 1000, kResolution, filter.compiled.unit());
    std::optional<CompiledFilter::Contribution> found;
    const bool is_first = filter.settle(slot.time);
    if (is_match) found = filter.compiled.contribution(item.message);
    else if (is_first) found = filter.compiled.otherwise();
    if (is_match) ++matches_;
    if (found) found_.add(found->metric, slot, metrics::Summary::of(found->value));
  }
}

/// False: not now.
bool MetricFiltering::commit() {
  if (found_.empty() && cursor_.events == 0 && records_.empty()) {
    // Nothing is lost if an older cursor begins again, unless that is not on disk yet.
    needed_ = *durable_ == last_committed_ ? cursor_.position.seq : durable_->load();
    return true;
  }
  state::Transaction transaction(means_.store);
  transaction.put(documents::kFilteringCursor, encode(cursor_));
  if (!found_.empty()) transaction.note(metrics::kNote, metrics::encode(found_));
  const auto durable = [to = durable_, position = cursor_.position.seq] { *to = position; };
  if (!state::commit_internal(means_.store, means_.journal, transaction, records_, durable)) return false;
  last_committed_ = cursor_.position.seq;
  needed_ = durable_->load();
  found_ = {};
  records_.clear();
  return true;
}

}  // namespace cairn::logs_service

#include "logquery/query.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "logquery/compile.h"

namespace cairn::logquery {
namespace {

/// A row that outlives its event: values, and the bytes of their texts.
struct Kept {
  std::vector<Value> values;  // of the stage's kept slots, then the keys of its order
  std::unique_ptr<char[]> texts;
  Rank rank;
  size_t bytes = 0;
};

void settle(Kept& row) {
  size_t size = 0;
  for (const Value& value : row.values) size += value.text.size();
  row.texts = std::make_unique_for_overwrite<char[]>(size);
  char* at = row.texts.get();
  for (Value& value : row.values) {
    if (!value.text.empty()) std::memcpy(at, value.text.data(), value.text.size());
    value.text = {at, value.text.size()};
    at += value.text.size();
  }
  row.bytes = sizeof(Kept) + row.values.size() * sizeof(Value) + size;
}

/// What tells rows apart: the texts of some values, with their lengths.
void append_key(std::string& key, const Value& value) {
  std::string text;
  append_text(text, value);
  key += value.exists() ? '+' : '-';
  key += std::to_string(text.size());
  key += ':';
  key += text;
}

struct Group {
  std::vector<Value> keys;
  std::unique_ptr<std::string[]> texts;  // of the keys
  std::vector<Accumulator> accumulators;
};

/// What a stage has kept so far.
class Work {
 public:
  Work(const Stage& stage, bool is_first, size_t limit, size_t& bytes) : stage_(stage), is_first_(is_first), limit_(limit), bytes_(bytes) {}

  /// False: more rows change nothing.
  bool add(Row& row, const Rank& rank) {
    if (stage_.groups) group(row, rank);
    else return keep(row, rank);
    return true;
  }

  /// The rows in their order: `f(set)`, where `set(row)` puts one's values into their slots.
  template <class F>
  void each(F&& f) {
    if (stage_.groups) {
      for (const Group* group : order_) {
        f([&](Row& row) {
          for (size_t i = 0; i < group->keys.size(); ++i) row.set(stage_.keys[i].second, group->keys[i]);
          for (size_t i = 0; i < group->accumulators.size(); ++i) {
            const Aggregate& aggregate = stage_.aggregates[i];
            row.set(aggregate.slot, group->accumulators[i].result(aggregate.aggregation, aggregate.percent));
          }
        });
      }
      return;
    }
    std::ranges::sort(rows_, [&](const Kept& a, const Kept& b) { return comes_first(a, b); });
    if (rows_.size() > limit_) rows_.erase(rows_.begin() + static_cast<ptrdiff_t>(limit_), rows_.end());
    for (const Kept& kept : rows_) {
      f([&](Row& row) {
        for (size_t i = 0; i < stage_.kept.size(); ++i) row.set(stage_.kept[i], kept.values[i]);
      });
    }
  }

 private:
  void group(Row& row, const Rank& rank) {
    std::string key;
    std::vector<Value> keys;
    for (const auto& [node, slot] : stage_.keys) {
      keys.push_back(row.value(node));
      append_key(key, keys.back());
    }
    auto at = groups_.find(key);
    if (at == groups_.end()) {
      Group made{std::move(keys), std::make_unique<std::string[]>(stage_.keys.size()), std::vector<Accumulator>(stage_.aggregates.size())};
      for (size_t i = 0; i < made.keys.size(); ++i) {
        made.texts[i] = made.keys[i].text;
        made.keys[i].text = made.texts[i];
      }
      constexpr size_t kOverhead = 128;
      bytes_ += kOverhead + sizeof(Group) + 2 * key.size() + made.keys.size() * (sizeof(Value) + sizeof(std::string)) +
                made.accumulators.size() * sizeof(Accumulator);
      at = groups_.emplace(std::move(key), std::move(made)).first;
      order_.push_back(&at->second);
    }
    for (size_t i = 0; i < stage_.aggregates.size(); ++i) {
      const Aggregate& aggregate = stage_.aggregates[i];
      const Value value = aggregate.of ? row.value(*aggregate.of) : Value::of(true);
      if (value.exists()) bytes_ += at->second.accumulators[i].add(aggregate.aggregation, value, rank);
    }
  }

  bool keep(Row& row, const Rank& rank) {
    keys_.clear();
    for (const Stage::Key& key : stage_.order) keys_.push_back(row.value(key.node));
    if (!stage_.dedup.empty()) return keep_one_of_each(row, rank);
    if (rows_.size() < limit_) {
      rows_.push_back(kept(row, rank));
      std::ranges::push_heap(rows_, [&](const Kept& a, const Kept& b) { return comes_first(a, b); });
      return !(stage_.any && rows_.size() == limit_);
    }
    if (rows_.empty() || !would_come_first(rank, rows_.front())) return true;
    std::ranges::pop_heap(rows_, [&](const Kept& a, const Kept& b) { return comes_first(a, b); });
    bytes_ -= rows_.back().bytes;
    rows_.back() = kept(row, rank);
    std::ranges::push_heap(rows_, [&](const Kept& a, const Kept& b) { return comes_first(a, b); });
    return true;
  }

  /// Rows without one of the fields are no duplicates.
  bool keep_one_of_each(Row& row, const Rank& rank) {
    std::string key;
    for (const Node& node : stage_.dedup) {
      const Value value = row.value(node);
      if (!value.exists()) {
        rows_.push_back(kept(row, rank));
        return true;
      }
      append_key(key, value);
    }
    const auto [at, is_new] = seen_.try_emplace(std::move(key), rows_.size());
    if (is_new) {
      constexpr size_t kOverhead = 64;
      bytes_ += at->first.size() + kOverhead;
      rows_.push_back(kept(row, rank));
    } else if (would_come_first(rank, rows_[at->second])) {
      bytes_ -= rows_[at->second].bytes;
      rows_[at->second] = kept(row, rank);
    }
    return true;
  }

  Kept kept(Row& row, const Rank& rank) {
    Kept kept{.rank = rank};
    kept.values.reserve(stage_.kept.size() + keys_.size());
    for (const Slot slot : stage_.kept) kept.values.push_back(row.at(slot));
    kept.values.insert(kept.values.end(), keys_.begin(), keys_.end());
    settle(kept);
    bytes_ += kept.bytes;
    return kept;
  }

  const Value* keys_of(const Kept& row) const { return row.values.data() + stage_.kept.size(); }
  bool comes_first(const Kept& a, const Kept& b) const { return comes_first(keys_of(a), a.rank, keys_of(b), b.rank); }
  bool would_come_first(const Rank& rank, const Kept& row) const { return comes_first(keys_.data(), rank, keys_of(row), row.rank); }
  bool comes_first(const Value* a, const Rank& a_rank, const Value* b, const Rank& b_rank) const {
    for (size_t i = 0; i < stage_.order.size(); ++i) {
      const std::weak_ordering order = compare_naturally(a[i], b[i]);
      if (order != 0) return stage_.order[i].descending ? order > 0 : order < 0;
    }
    // The newest first; but who sorts upwards sees what happened within one moment in its order, too.
    const bool upwards = is_first_ && !stage_.order.empty() && !stage_.order[0].descending;
    return upwards ? a_rank < b_rank : b_rank < a_rank;
  }

  const Stage& stage_;
  const bool is_first_;
  const size_t limit_;
  size_t& bytes_;
  std::vector<Value> keys_;  // of the order, of the row that is being added
  std::vector<Kept> rows_;   // a heap whose first row would come last; with dedup in any order
  std::unordered_map<std::string, size_t> seen_;
  std::unordered_map<std::string, Group> groups_;
  std::vector<const Group*> order_;  // as they came
};

}  // namespace

Result<Query, Refusal> Query::compile(std::string_view text) {
  Result<std::unique_ptr<const Plan>, Refusal> plan = logquery::compile(text);
  if (!plan) return tl::unexpected(plan.error());
  return Query(std::shared_ptr<const Plan>(std::move(*plan)));
}

struct Run::Impl {
  Impl(Query query, Options given)
      : plan(std::move(query.plan_)), options(std::move(given)), row(*plan, options.started_seconds, options.pointer), work(make(0)) {}

  std::unique_ptr<Work> make(size_t number) {
    const Stage& stage = plan->stages[number];
    const bool is_last = number + 1 == plan->stages.size();
    return std::make_unique<Work>(stage, number == 0, stage.limit.value_or(is_last ? options.rows : SIZE_MAX), bytes);
  }

  bool is_over() const { return row.failed() || bytes > options.memory_bytes_max; }

  std::shared_ptr<const Plan> plan;
  Options options;
  size_t bytes = 0;
  uint64_t matched = 0;
  Row row;
  std::unique_ptr<Work> work;  // of the first stage
};

Run::Run(Query query, Options options) : impl_(std::make_unique<Impl>(std::move(query), std::move(options))) {}
Run::~Run() = default;

uint64_t Run::matched() const { return impl_->matched; }

bool Run::add(const Event& event) {
  Impl& run = *impl_;
  if (run.is_over()) return false;
  const Stage& stage = run.plan->stages[0];
  bool more = true;
  run.row.begin(event);
  run.row.take(stage.steps, 0, [&] {
    if (run.is_over()) return;  // unnest makes many rows of one event
    ++run.matched;
    more = run.work->add(run.row, {event.timestamp, event.position, event.index}) && more;
  });
  return more && !run.is_over();
}

Result<Table> Run::finish() {
  Impl& run = *impl_;
  const auto failed = [&] {
    if (run.row.failed()) return failure("the query makes too much of one event");
    return failure("the query needs more than {} bytes of memory", run.options.memory_bytes_max);
  };
  for (size_t number = 1; number < run.plan->stages.size(); ++number) {
    std::unique_ptr<Work> next = run.make(number);
    int64_t sequence = 0;
    run.work->each([&](auto&& set) {
      if (run.is_over()) return;
      run.row.begin();
      set(run.row);
      run.row.take(run.plan->stages[number].steps, 0, [&] {
        if (!run.is_over()) next->add(run.row, {--sequence, 0, 0});
      });
    });
    run.work = std::move(next);
  }
  if (run.is_over()) return failed();
  Table table;
  for (const Plan::Column& column : run.plan->columns) table.columns.push_back(column.name);
  run.work->each([&](auto&& set) {
    if (table.bytes > run.options.memory_bytes_max) return;  // columns of one value each have their own text
    run.row.begin();
    set(run.row);
    std::vector<std::optional<std::string>> texts;
    for (const Plan::Column& column : run.plan->columns) {
      const Value value = run.row.at(column.slot);
      std::string text;
      append_text(text, value);
      table.bytes += sizeof(std::optional<std::string>) + text.size();
      texts.push_back(value.exists() ? std::optional(std::move(text)) : std::nullopt);
    }
    table.rows.push_back(std::move(texts));
  });
  if (table.bytes > run.options.memory_bytes_max) return failed();
  return table;
}

}  // namespace cairn::logquery

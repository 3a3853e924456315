#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logquery/evaluate.h"
#include "logquery/refusal.h"

/// The query language of CloudWatch Logs Insights: docs/log-queries.md. No I/O; it knows nothing of how events are kept.
namespace cairn::logquery {

struct Plan;

/// A compiled query. Immutable; any thread.
class Query {
 public:
  static constexpr size_t kRowsDefault = 10'000;

  static Result<Query, Refusal> compile(std::string_view text);

 private:
  friend class Run;
  explicit Query(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  std::shared_ptr<const Plan> plan_;
};

struct Table {
  std::vector<std::string> columns;
  /// Of each column; nullopt: the row has no such field.
  std::vector<std::vector<std::optional<std::string>>> rows;
  size_t bytes = 0;  // of the rows' memory, near enough
};

/// A query at work. One thread.
class Run {
 public:
  struct Options {
    double started_seconds = 0;                        // now(), since 1970
    size_t rows = Query::kRowsDefault;                 // of the result, if the query itself does not say
    size_t memory_bytes_max = 64 << 20;                // of what it must hold: rows to be sorted, groups
    std::function<std::string(const Event&)> pointer;  // @ptr of an event
  };
  Run(Query query, Options options);
  ~Run();

  /// The next event; best the newest first. False: the result would not change by more of them, or cannot be had: `failure`.
  bool add(const Event& event);
  uint64_t matched() const;  // events that passed the filters
  /// Once, after the last event. The message says which limit was passed.
  Result<Table> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::logquery

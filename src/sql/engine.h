#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/duckdb_api.h"
#include "sql/event_scan.h"
#include "sql/selection.h"
#include "sql/source.h"

/// SQL over records, by an embedded DuckDB. docs/query.md.
namespace cairn::sql {

struct EngineOptions {
  uint64_t memory_bytes = uint64_t{2} << 30;  // of DuckDB's; what is more goes to the temporary directory, or the query fails
  size_t threads = 1;
  std::string temporary_directory;  // "": nothing is put aside
  Selection selection;              // of the source's files and events
  std::string may_write;            // the one file that a query's result may be written to; "": none
  uint64_t group_bytes = 0;         // of rows that are gathered before they are written as Parquet; 0: by their number alone
};

/// A column of a result.
struct ResultColumn {
  std::string name;
  bool is_number = false;
};

/// A database in memory with the tables cloudtrail_logs (also `events`) and cloudtrail_insights over a source's files. Its SQL reaches
/// nothing else: no file, no network, no extension, no setting. One query at a time; `interrupt` from any thread.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(const duckdb::Api& api, const EngineOptions& options, Source& source);
  ~Engine();

  /// How a statement's rows are asked for.
  enum class Form {
    kText,  // each value as text
    kJson,  // each row as one JSON object, in a single value
  };
  using Row = std::span<const std::optional<std::string_view>>;  // nullopt: NULL
  /// Whether it is one statement that `run` runs, of what is there; else why not, in DuckDB's words, which show where.
  Result<void> understands(const std::string& sql);
  /// Runs the one statement of `sql`, which reads only (SELECT, FROM, WITH, VALUES, DESCRIBE, SUMMARIZE, EXPLAIN). Calls `head` once, then
  /// `row` for each row until it returns false. Fails with DuckDB's words, which show where.
  Result<void> run(const std::string& sql, Form form, const std::function<void(const std::vector<ResultColumn>&)>& head,
                   const std::function<bool(Row)>& row);
  /// Writes the statement's rows to `may_write` as Parquet; returns their number.
  Result<uint64_t> write_parquet(const std::string& sql);

  void interrupt();
  const ScanReport& report() const { return report_; }

 private:
  Engine(const duckdb::Api& api, Source& source) : api_(api), source_(source) {}
  Result<void> set_up(const EngineOptions& options);
  /// The SELECT that gives all events of these Parquet files of the source.
  Result<std::string> parquet_events(const std::vector<size_t>& files) const;
  Result<void> execute(const std::string& sql);
  /// The statement's columns, and whether it is EXPLAIN.
  struct Checked {
    std::vector<ResultColumn> columns;
    bool is_explain = false;
    std::string sql;  // without what may follow it
  };
  Result<Checked> check(const std::string& sql);
  Result<void> make_parts();
  /// Leaves out the files of partitions that the statement does not look at.
  void prune(const std::string& sql);
  /// The one value of a statement that gives one, or several values in one column.
  Result<std::vector<std::string>> values_of(const std::string& sql);

  const duckdb::Api& api_;
  Source& source_;
  std::string may_write_;
  uint64_t group_bytes_ = 0;
  duckdb::Database database_ = nullptr;
  duckdb::Connection connection_ = nullptr;
  ScanReport report_;
  std::atomic<bool> stop_{false};
  std::optional<EventScan> events_, insights_;
  std::map<std::string, std::vector<size_t>> parts_;  // files of the events' scan, by the number of their partition
  std::vector<size_t> all_files_;                     // of events: what `prune` chooses from
};

}  // namespace cairn::sql

#include "sql/engine.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "sql/event_columns.h"
#include "sql/pruning.h"
#include "sql/statement_text.h"

namespace cairn::sql {
namespace {

/// A result, destroyed when it goes.
struct Rows {
  explicit Rows(const duckdb::Api& table) : api(table) {}
  ~Rows() { api.destroy_result(&result); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  const duckdb::Api& api;
  duckdb::QueryResult result{};
};

struct Statement {
  explicit Statement(const duckdb::Api& table) : api(table) {}
  ~Statement() { api.destroy_prepare(&prepared); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  const duckdb::Api& api;
  duckdb::Prepared prepared = nullptr;
};

std::string words(const char* message) { return message == nullptr ? "DuckDB does not say why" : message; }

std::string_view text_of(const duckdb::String& s) { return {s.length <= 12 ? s.prefix : s.pointer, s.length}; }

bool is_number(duckdb::Type type) {
  return (type >= duckdb::kTinyInt && type <= duckdb::kDouble) || type == duckdb::kHugeInt || type == duckdb::kUHugeInt ||
         type == duckdb::kDecimal;
}

// Names that Athena's SQL has and DuckDB's has not, so that queries written for the one run in the other.
constexpr const char* kAthenaMacros[] = {
    "CREATE MACRO json_extract_scalar(j, path) AS json_extract_string(j, path)",
    "CREATE MACRO from_iso8601_timestamp(s) AS CAST(s AS TIMESTAMPTZ)",
    "CREATE MACRO approx_distinct(x) AS approx_count_distinct(x)",
    "CREATE MACRO regexp_like(s, r) AS regexp_matches(s, r)",
};

// What files' paths say elsewhere, where there are none that would: of the history.
constexpr std::string_view kPartitionByRecord =
    "recipientaccountid AS account, awsregion AS region, eventtime[1:4] AS year, eventtime[6:7] AS month, eventtime[9:10] AS day, "
    "replace(eventtime[1:10], '-', '/') AS \"timestamp\"";
// DuckDB closes the files of other partitions by itself.
constexpr std::string_view kPartitionByPath =
    "nullif(account, 'unknown') AS account, nullif(region, 'unknown') AS region, date[1:4] AS year, date[6:7] AS month, "
    "date[9:10] AS day, replace(date, '-', '/') AS \"timestamp\"";

// Records are long: DuckDB's usual 122,880 would be hundreds of megabytes while they are gathered.
constexpr int kRowGroupRows = 20'480;

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const duckdb::Api& api, const EngineOptions& options, Source& source) {
  std::unique_ptr<Engine> engine(new Engine(api, source));
  if (auto done = engine->set_up(options); !done) return tl::unexpected(done.error());
  return engine;
}

Engine::~Engine() {
  stop_ = true;
  if (connection_ != nullptr) api_.disconnect(&connection_);
  if (database_ != nullptr) api_.close(&database_);
}

Result<void> Engine::set_up(const EngineOptions& options) {
  may_write_ = options.may_write;
  group_bytes_ = options.group_bytes;
  duckdb::Config config = nullptr;
  if (api_.create_config(&config) != duckdb::kSuccess) return failure("DuckDB has no memory");
  bool known = true;
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, std::string>>{
           {"threads", std::to_string(options.threads)},
           {"memory_limit", fmt::format("{}MiB", std::max<uint64_t>(options.memory_bytes >> 20, 16))},
           {"temp_directory", options.temporary_directory},
           {"autoload_known_extensions", "false"},
           {"autoinstall_known_extensions", "false"},
           {"allow_community_extensions", "false"},
           {"allow_persistent_secrets", "false"},
       })
    known = known && api_.set_config(config, name, value.c_str()) == duckdb::kSuccess;
  char* error = nullptr;
  const bool opened = known && api_.open_ext(nullptr, &database_, config, &error) == duckdb::kSuccess;
  api_.destroy_config(&config);
  if (!opened) {
    const std::string message = error == nullptr ? "a setting is unknown to it" : error;
    if (error != nullptr) api_.free(error);
    return failure("DuckDB does not start: {}", message);
  }
  if (api_.connect(database_, &connection_) != duckdb::kSuccess) return failure("DuckDB takes no connection");

  const auto files_of = [&](Partition::Kind kind) {
    std::vector<size_t> files;
    for (size_t i = 0; i < source_.files().size(); ++i) {
      const Partition& partition = source_.files()[i].partition;
      if (partition.kind == kind && options.selection.may_be_in(partition)) files.push_back(i);
    }
    return files;
  };
  const bool is_parquet = source_.form() != Source::Form::kRecords;
  std::string events, insights;
  std::vector<std::string> allowed;  // paths
  if (!may_write_.empty()) allowed.push_back(literal(may_write_));
  if (is_parquet) {
    std::vector<size_t> files = files_of(Partition::Kind::kEvents);
    if (files.empty()) files = {0};  // without any there would be no columns either; no row of it is selected
    for (const size_t file : files) allowed.push_back(literal(source_.files()[file].name));
    const auto select = parquet_events(files);
    if (!select) return tl::unexpected(select.error());
    events = *select;
    insights = events + " WHERE false";
  } else {
    events_.emplace(EventScan{api_, source_, files_of(Partition::Kind::kEvents), report_, stop_});
    insights_.emplace(EventScan{api_, source_, files_of(Partition::Kind::kInsights), report_, stop_});
    if (auto added = add_event_scan(connection_, "cairn_events", *events_); !added) return added;
    if (auto added = add_event_scan(connection_, "cairn_insights", *insights_); !added) return added;
    const auto scan = [&](std::string_view function) {
      return fmt::format("SELECT * EXCLUDE (record){}, try_cast(eventtime AS TIMESTAMP) AS time, record FROM {}()",
                         source_.is_one() ? fmt::format(" REPLACE ({})", kPartitionByRecord) : "", function);
    };
    events = scan("cairn_events");
    insights = scan("cairn_insights");
    if (auto made = make_parts(); !made) return made;
  }
  const std::string condition = options.selection.condition();
  std::vector<std::string> steps;
  for (const char* macro : kAthenaMacros) steps.emplace_back(macro);
  steps.push_back(fmt::format("SET allowed_paths = [{}]", fmt::join(allowed, ", ")));
  steps.emplace_back("SET TimeZone = 'UTC'");
  if (group_bytes_ != 0) steps.emplace_back("SET preserve_insertion_order = false");  // DuckDB asks for it; one thread preserves it still
  steps.emplace_back("SET enable_external_access = false");
  steps.emplace_back("SET lock_configuration = true");
  for (const auto& [view, select] : {std::pair{"cloudtrail_logs", &events}, {"events", &events}, {"cloudtrail_insights", &insights}})
    steps.push_back(fmt::format("CREATE VIEW {} AS SELECT * FROM ({}){}{}", view, *select, condition.empty() ? "" : " WHERE ", condition));
  for (const std::string& step : steps) {
    auto done = execute(step);
    if (done) continue;
    const std::string_view why = done.error().message;
    if (is_parquet && step.starts_with("CREATE VIEW"))
      return failure("these are not Parquet files as `cairn export` writes them, with all columns of the table and `record`: {}",
                     why.substr(0, why.find('\n')));
    return failure("DuckDB is not ready: {}", why);
  }
  return {};
}

Result<std::string> Engine::parquet_events(const std::vector<size_t>& files) const {
  std::vector<std::string> names, columns;
  for (const size_t file : files) {
    const std::string& name = source_.files()[file].name;
    if (name.find_first_of("*?[") != std::string::npos) return failure("{}: DuckDB reads no Parquet below names with *, ? or [", name);
    names.push_back(literal(name));
  }
  for (const Column& column : event_columns()) columns.push_back(column.name());
  const bool by_path = source_.form() == Source::Form::kPartitionedParquet;
  return fmt::format(
      "SELECT {}, filename AS file, {}, time, CAST(record AS JSON) AS record FROM "
      "read_parquet([{}], filename = true, hive_partitioning = {}, hive_types_autocast = false)",
      fmt::join(columns, ", "), by_path ? kPartitionByPath : kPartitionByRecord, fmt::join(names, ", "), by_path);
}

/// A table of what files' paths say, for `prune` to ask; each is in it once.
Result<void> Engine::make_parts() {
  std::map<std::string, std::pair<std::string, std::vector<size_t>>> parts;  // by the row's values: its number and files
  std::vector<std::string> rows;
  for (const size_t file : events_->files) {
    const Partition& p = source_.files()[file].partition;
    std::vector<std::string> values;
    for (const std::string& value : {p.account, p.region, p.year, p.month, p.day, p.date()})
      values.push_back(value.empty() ? "NULL" : literal(value));
    const std::string row = fmt::format("{}", fmt::join(values, ", "));
    auto& [number, files] = parts[row];
    if (files.empty()) {
      number = std::to_string(rows.size());
      rows.push_back(fmt::format("({}, {})", number, row));
    }
    files.push_back(file);
  }
  if (rows.size() < 2) return {};  // there is nothing to choose from
  for (auto& [row, part] : parts) parts_.insert(std::move(part));
  all_files_ = events_->files;
  const std::string columns = "cairn_part, account, region, year, month, day, \"timestamp\"";
  if (auto made = execute(fmt::format("CREATE TABLE {} (cairn_part INTEGER, account VARCHAR, region VARCHAR, year VARCHAR, month VARCHAR, "
                                      "day VARCHAR, \"timestamp\" VARCHAR)",
                                      kPartsTable));
      !made)
    return made;
  return execute(fmt::format("INSERT INTO {} ({}) VALUES {}", kPartsTable, columns, fmt::join(rows, ", ")));
}

Result<std::vector<std::string>> Engine::values_of(const std::string& sql) {
  Rows rows(api_);
  const std::string as_text = fmt::format("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({})", sql);
  if (api_.query(connection_, as_text.c_str(), &rows.result) != duckdb::kSuccess)
    return failure("{}", words(api_.result_error(&rows.result)));
  std::vector<std::string> values;
  while (duckdb::Chunk chunk = api_.fetch_chunk(rows.result)) {
    const duckdb::Vector vector = api_.data_chunk_get_vector(chunk, 0);
    const auto* texts = static_cast<const duckdb::String*>(api_.vector_get_data(vector));
    for (size_t r = 0; r < api_.data_chunk_get_size(chunk); ++r) values.emplace_back(text_of(texts[r]));
    api_.destroy_data_chunk(&chunk);
  }
  return values;
}

void Engine::prune(const std::string& sql) {
  if (parts_.empty()) return;
  events_->files = all_files_;
  const auto serialized = values_of(fmt::format("SELECT json_serialize_sql({})", literal(sql)));
  if (!serialized || serialized->size() != 1) return;
  const auto statement = json::parse(serialized->front());
  const auto queries = statement ? partition_queries(*statement) : std::nullopt;
  if (!queries) return;
  std::set<std::string> needed;
  for (const std::string& query : *queries) {
    const auto numbers = values_of(fmt::format("SELECT * FROM json_execute_serialized_sql({})", literal(query)));
    if (!numbers) return;
    needed.insert(numbers->begin(), numbers->end());
  }
  std::vector<size_t> files;
  for (const std::string& number : needed) {
    const auto part = parts_.find(number);
    if (part != parts_.end()) files.insert(files.end(), part->second.begin(), part->second.end());
  }
  std::sort(files.begin(), files.end());
  events_->files = std::move(files);
}

Result<void> Engine::execute(const std::string& sql) {
  Rows rows(api_);
  if (api_.query(connection_, sql.c_str(), &rows.result) != duckdb::kSuccess) return failure("{}", words(api_.result_error(&rows.result)));
  return {};
}

Result<Engine::Checked> Engine::check(const std::string& sql) {
  if (sql.find('\0') != std::string::npos) return failure("The statement holds a NUL byte.");
  duckdb::Statements statements = nullptr;
  Statement statement(api_);
  const duckdb::idx_t count = api_.extract_statements(connection_, sql.c_str(), &statements);
  std::string message;
  if (count == 1) {
    if (api_.prepare_extracted_statement(connection_, statements, 0, &statement.prepared) != duckdb::kSuccess)
      message = words(api_.prepare_error(statement.prepared));
  } else if (const char* error = statements == nullptr ? nullptr : api_.extract_statements_error(statements); error != nullptr) {
    message = error;
  } else {
    message = count == 0 ? "There is no statement." : "One statement at a time, please; WITH names what is needed in between.";
  }
  api_.destroy_extracted(&statements);
  if (!message.empty()) return failure("{}", message);
  const duckdb::StatementType type = api_.prepared_statement_type(statement.prepared);
  if (type != duckdb::kSelect && type != duckdb::kExplain)
    return failure("Only statements that read are run: SELECT, FROM, WITH, VALUES, DESCRIBE, SUMMARIZE, EXPLAIN.");
  if (api_.nparams(statement.prepared) != 0) return failure("The statement has parameters (? or $1), and there is nothing to put there.");
  Checked checked{.columns = {}, .is_explain = type == duckdb::kExplain, .sql = sql};
  for (duckdb::idx_t i = 0; i < api_.prepared_statement_column_count(statement.prepared); ++i) {
    ResultColumn column;
    if (const char* name = api_.prepared_statement_column_name(statement.prepared, i)) {
      column.name = name;
      api_.free(const_cast<char*>(name));
    }
    column.is_number = is_number(api_.prepared_statement_column_type(statement.prepared, i));
    checked.columns.push_back(std::move(column));
  }
  return checked;
}

Result<void> Engine::understands(const std::string& sql) {
  if (const auto checked = check(sql); !checked) return tl::unexpected(checked.error());
  return {};
}

namespace {

/// The statement as a subquery: with a line's end before what follows, for there may be a comment.
std::string wrapped(std::string_view before, std::string_view sql, std::string_view behind) {
  return fmt::format("{} (\n{}\n) {}", before, without_semicolons(sql), behind);
}

}  // namespace

Result<void> Engine::run(const std::string& sql, Form form, const std::function<void(const std::vector<ResultColumn>&)>& head,
                         const std::function<bool(Row)>& row) {
  const auto checked = check(sql);
  if (!checked) return tl::unexpected(checked.error());
  if (checked->is_explain && form == Form::kJson) return failure("A plan is text: EXPLAIN goes with table or csv.");
  prune(sql);
  const std::string full = checked->is_explain   ? sql
                           : form == Form::kText ? wrapped("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM", sql, "")
                                                 : wrapped("SELECT CAST(to_json(cairn_row) AS VARCHAR) FROM", sql, "cairn_row");
  Statement statement(api_);
  if (api_.prepare(connection_, full.c_str(), &statement.prepared) != duckdb::kSuccess)
    return failure("{}", words(api_.prepare_error(statement.prepared)));
  const size_t width = api_.prepared_statement_column_count(statement.prepared);
  Rows rows(api_);
  if (api_.execute_prepared_streaming(statement.prepared, &rows.result) != duckdb::kSuccess)
    return failure("{}", words(api_.result_error(&rows.result)));
  head(checked->columns);
  std::vector<std::optional<std::string_view>> values(width);
  while (duckdb::Chunk chunk = api_.fetch_chunk(rows.result)) {
    const size_t size = api_.data_chunk_get_size(chunk);
    bool more = size > 0;
    for (size_t r = 0; r < size && more; ++r) {
      for (size_t c = 0; c < width; ++c) {
        const duckdb::Vector vector = api_.data_chunk_get_vector(chunk, c);
        const uint64_t* validity = api_.vector_get_validity(vector);
        const bool is_null = validity != nullptr && (validity[r / 64] >> (r % 64) & 1) == 0;
        values[c] = is_null ? std::nullopt : std::optional(text_of(static_cast<const duckdb::String*>(api_.vector_get_data(vector))[r]));
      }
      more = row(values);
    }
    api_.destroy_data_chunk(&chunk);
    if (!more) break;
  }
  if (const char* error = api_.result_error(&rows.result)) return failure("{}", error);
  return {};
}

Result<uint64_t> Engine::write_parquet(const std::string& sql) {
  const auto checked = check(sql);
  if (!checked) return tl::unexpected(checked.error());
  if (checked->is_explain) return failure("A plan is no table: EXPLAIN is for people.");
  prune(sql);
  Rows rows(api_);
  const std::string bytes = group_bytes_ != 0 ? fmt::format(", ROW_GROUP_SIZE_BYTES {}", group_bytes_) : "";
  const std::string full = wrapped(
      "COPY", sql, fmt::format("TO {} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {}{})", literal(may_write_), kRowGroupRows, bytes));
  if (api_.query(connection_, full.c_str(), &rows.result) != duckdb::kSuccess) return failure("{}", words(api_.result_error(&rows.result)));
  uint64_t written = 0;
  if (duckdb::Chunk chunk = api_.fetch_chunk(rows.result)) {
    if (api_.data_chunk_get_size(chunk) == 1)
      written = static_cast<uint64_t>(*static_cast<const int64_t*>(api_.vector_get_data(api_.data_chunk_get_vector(chunk, 0))));
    api_.destroy_data_chunk(&chunk);
  }
  return written;
}

void Engine::interrupt() {
  stop_ = true;
  if (connection_ != nullptr) api_.interrupt(connection_);
}

}  // namespace cairn::sql

#include "sql/event_scan.h"

#include <fmt/ranges.h>

#include <exception>
#include <utility>

#include "sql/event_rows.h"

namespace cairn::sql {
namespace {

/// Of one run of the function: all its threads.
struct Shared {
  EventScan& scan;
  std::vector<size_t> columns;
  std::atomic<size_t> next{0};
};

/// Of one of its threads.
struct Local {
  EventRows rows;
  size_t file = 0;
  uint64_t events = 0, others = 0, problems = 0;  // of the file
  std::string problem;                            // the first one
  uint64_t counted = 0;                           // of its bytes, in the report
  archive::RecordReader reader{nullptr};
  bool is_open = false;
};

std::vector<size_t> columns_of(const duckdb::Api& api, duckdb::InitInfo info) {
  std::vector<size_t> columns;
  const size_t known = event_columns().size() + static_cast<size_t>(ExtraColumn::kCount);
  for (duckdb::idx_t i = 0; i < api.init_get_column_count(info); ++i) {
    const size_t column = api.init_get_column_index(info, i);
    columns.push_back(column < known ? column : 0);  // a row's id: not ours to give
  }
  return columns;
}

EventScan& scan_of(void* extra) { return *static_cast<EventScan*>(extra); }

// What a callback is given has to be fetched by a function of the library, before the scan is known: there is one library.
const duckdb::Api* api_of_all = nullptr;

void bind(duckdb::BindInfo info) {
  const duckdb::Api& api = *api_of_all;
  const auto add = [&](const std::string& name, const Column& column) {
    duckdb::LogicalType type = type_of(api, column);
    api.bind_add_result_column(info, name.c_str(), type);
    api.destroy_logical_type(&type);
  };
  for (const Column& column : event_columns()) add(column.name(), column);
  for (size_t i = 0; i < static_cast<size_t>(ExtraColumn::kCount); ++i) {
    const auto extra = static_cast<ExtraColumn>(i);
    add(std::string(name_of(extra)), {"", extra == ExtraColumn::kRecord ? Column::Kind::kJson : Column::Kind::kText});
  }
}

void init(duckdb::InitInfo info) {
  const duckdb::Api& api = *api_of_all;
  EventScan& scan = scan_of(api.init_get_extra_info(info));
  api.init_set_max_threads(info, std::max<size_t>(1, scan.files.size()));
  api.init_set_init_data(info, new Shared{scan, columns_of(api, info)}, [](void* data) { delete static_cast<Shared*>(data); });
}

void init_local(duckdb::InitInfo info) {
  const duckdb::Api& api = *api_of_all;
  api.init_set_init_data(info, new Local{.rows = EventRows(api, columns_of(api, info))},
                         [](void* data) { delete static_cast<Local*>(data); });
}

/// The file is at its end.
void close(Shared& shared, Local& local) {
  EventScan& scan = shared.scan;
  if (std::exchange(local.is_open, false)) scan.report.raw_bytes += local.reader.raw_bytes() - local.counted;
  ++scan.report.files;
  std::vector<std::string> words;
  if (local.problems > 0) words.push_back(local.problem);
  if (local.problems > 1) words.push_back(fmt::format("more such places: {}", local.problems - 1));
  if (local.others > 0) words.push_back(fmt::format("records that are no events: {}", local.others));
  if (words.empty()) return;
  if (local.events > 0) words.push_back(fmt::format("events read: {}", local.events));
  scan.report.bad(scan.source.files()[local.file].name, fmt::format("{}", fmt::join(words, "; ")));
}

void add_problem(Local& local, std::string why) {
  if (local.problems++ == 0) local.problem = std::move(why);
}

/// Opens the next file; false: there is none.
bool open_next(Shared& shared, Local& local) {
  EventScan& scan = shared.scan;
  while (true) {
    const size_t next = shared.next.fetch_add(1);
    if (next >= scan.files.size()) return false;
    local.file = scan.files[next];
    local.events = local.others = local.problems = local.counted = 0;
    auto bytes = scan.source.open(local.file);
    if (bytes) {
      local.reader.read(std::move(*bytes));
      return local.is_open = true;
    }
    if (scan.source.is_one()) throw std::runtime_error(bytes.error().message);
    add_problem(local, bytes.error().message);
    close(shared, local);
  }
}

void read(Shared& shared, Local& local, duckdb::Chunk chunk) {
  EventScan& scan = shared.scan;
  EventRows& rows = local.rows;
  rows.begin(chunk);
  while (!rows.is_full()) {
    if (scan.stop) throw std::runtime_error("interrupted");  // what was read so far is no answer
    if (!local.is_open && !open_next(shared, local)) break;
    const auto record = local.reader.next();
    if (!record) {
      if (scan.source.is_one()) throw std::runtime_error(record.error().message);
      add_problem(local, record.error().message);
    } else if (!*record) {
      close(shared, local);
    } else if (rows.add(**record, scan.source.files()[local.file])) {
      ++local.events;
    } else {
      ++local.others;
    }
  }
  if (local.is_open) {
    scan.report.raw_bytes += local.reader.raw_bytes() - local.counted;
    local.counted = local.reader.raw_bytes();
  }
  const size_t made = rows.finish();
  scan.report.events += made;
  scan.api.data_chunk_set_size(chunk, made);
}

void run(duckdb::FunctionInfo info, duckdb::Chunk chunk) {
  const duckdb::Api& api = *api_of_all;
  try {
    read(*static_cast<Shared*>(api.function_get_init_data(info)), *static_cast<Local*>(api.function_get_local_init_data(info)), chunk);
  } catch (const std::exception& error) {  // none of ours may pass through DuckDB
    api.function_set_error(info, error.what());
  }
}

}  // namespace

Result<void> add_event_scan(duckdb::Connection connection, const std::string& name, EventScan& scan) {
  const duckdb::Api& api = scan.api;
  api_of_all = &api;
  duckdb::TableFunction function = api.create_table_function();
  api.table_function_set_name(function, name.c_str());
  api.table_function_set_extra_info(function, &scan, nullptr);
  api.table_function_set_bind(function, bind);
  api.table_function_set_init(function, init);
  api.table_function_set_local_init(function, init_local);
  api.table_function_set_function(function, run);
  api.table_function_supports_projection_pushdown(function, true);
  const bool made = api.register_table_function(connection, function) == duckdb::kSuccess;
  api.destroy_table_function(&function);
  if (!made) return failure("DuckDB does not take the table function {}", name);
  return {};
}

}  // namespace cairn::sql

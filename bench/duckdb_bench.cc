// DuckDB as it is, with its own JSON reader: one statement, its rows as CSV. For bench/query.py, which measures `cairn query` beside it.
#include <cstdio>
#include <cstdlib>

#include "sql/library.h"

int main(int argc, char** argv) {
  using namespace cairn::sql;
  const char* chosen = std::getenv("CAIRN_DUCKDB");
  const auto loaded = load_library(library_places(chosen == nullptr ? "" : chosen, program_path()));
  if (!loaded || argc != 2) {
    std::fprintf(stderr, "%s\n", loaded ? "usage: duckdb_bench SQL" : loaded.error().message.c_str());
    return 2;
  }
  const duckdb::Api& api = **loaded;
  duckdb::Database database = nullptr;
  duckdb::Connection connection = nullptr;
  duckdb::QueryResult result{};
  if (api.open_ext(nullptr, &database, nullptr, nullptr) != duckdb::kSuccess || api.connect(database, &connection) != duckdb::kSuccess)
    return 1;
  const std::string sql = std::string("COPY (") + argv[1] + ") TO '/dev/stdout' (FORMAT csv)";
  if (api.query(connection, sql.c_str(), &result) == duckdb::kSuccess) return 0;
  std::fprintf(stderr, "%s\n", api.result_error(&result));
  return 1;
}

#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sql/duckdb_api.h"
#include "sql/source.h"

namespace cairn::sql {

/// What one table function of DuckDB's reads.
struct EventScan {
  const duckdb::Api& api;
  Source& source;
  std::vector<size_t> files;  // of the source's, in the order in which they are read
  ScanReport& report;
  std::atomic<bool>& stop;
};

/// Makes the table function `name`, whose rows are the records of the scan's files. Files are read at the same time, as many as DuckDB
/// has threads for, each piece by piece, and no more of a record is taken apart than the query's columns need. What cannot be read is left
/// out from where it cannot be, and reported. The scan must outlive the connection.
Result<void> add_event_scan(duckdb::Connection connection, const std::string& name, EventScan& scan);

}  // namespace cairn::sql

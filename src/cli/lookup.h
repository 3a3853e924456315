#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "cli/event_text.h"
#include "cli/target.h"

namespace cairn::cli {

/// The options of `cairn lookup`. Empty: not given.
struct LookupOptions {
  TargetOptions target;
  std::vector<std::pair<std::string, std::string>> filters;  // LookupEvents' attribute names and values
  std::string filter;                                        // of the language of log queries
  std::string start_time, end_time;
  std::vector<std::string> accounts;
  bool oldest_first = false;
  bool data_events = false;
  bool all_regions = false;
  bool follow = false;
  uint64_t items_max = 50;  // 0: all
  Output output = Output::kTable;
  std::vector<std::string> count_by;  // fields, or kTimeField; then events are counted instead of shown
};
constexpr const char* kTimeField = "time";
constexpr size_t kCountedValues = 10;  // of a field, unless items_max is given

/// What SearchEvents is asked, without paging. Fails on times that are none.
Result<Json> search_input(const LookupOptions& options, const std::string& region, Time now);

/// What SummarizeEvents is asked, for the same events.
Json summary_input(Json search, const LookupOptions& options, Time now);

/// `cairn lookup`: asks, prints, and with --follow goes on until interrupted. Returns the exit code.
int lookup(const LookupOptions& options);

}  // namespace cairn::cli

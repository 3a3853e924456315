#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "aws/names.h"
#include "base/json.h"
#include "base/time.h"
#include "history/store.h"

/// A log file that somebody brings, read and judged record by record.
namespace cairn::services {

constexpr size_t kImportedRecordBytesMax = 1 << 20;  // AWS's largest has 256 KB, 1 MB where events are enriched
constexpr size_t kProblemsToldMax = 20;              // of one file; all are counted

struct ImportedFile {
  /// What it is, by what it holds.
  enum class Kind { kLog, kDigest, kInsights, kUnreadable } kind = Kind::kLog;
  struct Problem {
    size_t record = 0, line = 0;  // from 1; 0: the file as a whole
    std::string reason;
  };
  size_t records = 0;   // all that it holds, bad ones included
  bool is_cut = false;  // it holds more than `records_max`; what follows was not looked at
  size_t insights = 0;  // of them, events of CloudTrail Insights, which the history does not show
  size_t bad = 0;
  std::vector<Problem> problems;
};

/// Whose events may be brought: of one account, or (empty) of any.
struct ImportRules {
  aws::AccountId account;
  Time now;
  size_t records_max = SIZE_MAX;
};

/// Appends the sound records of a file's text to `arrivals`, which point into it.
ImportedFile read_imported(std::string_view text, const ImportRules& rules, json::Document& scratch,
                           std::vector<history::Arrival>& arrivals);

}  // namespace cairn::services

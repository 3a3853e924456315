#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "sql/partition.h"

namespace cairn::sql {

/// Which events are asked for, apart from what SQL says: files that hold none of them are not opened. Empty: all.
struct Selection {
  std::vector<std::string> regions, accounts;
  std::optional<Time> start, end;

  /// False where a file's path says that it holds no such event. A file's date is that of its delivery: events may be older, by as
  /// long as a delivery is tried again, never newer.
  bool may_be_in(const Partition& partition) const;
  /// The same about an event, as a condition of SQL; "" for all.
  std::string condition() const;
};

/// Text as a literal of SQL.
std::string literal(std::string_view text);

}  // namespace cairn::sql

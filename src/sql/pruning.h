#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace cairn::sql {

/// The table of the partitions that there are: column `cairn_part` (their number), and those of a path.
constexpr const char* kPartsTable = "cairn_parts";

/// For a statement as json_serialize_sql writes it: queries, in the same form, of which each gives numbers of partitions. Files of other
/// partitions hold no row that the statement looks at. nullopt: it may need all of them.
///
/// Sound because it looks at one case only: SELECT from the table itself, with conditions joined by AND that are made of the columns of a
/// path and constants. Whatever else mentions the table needs all of it.
std::optional<std::vector<std::string>> partition_queries(const Json& statement);

}  // namespace cairn::sql

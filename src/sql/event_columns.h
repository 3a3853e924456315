#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// CloudTrail's records as a table: the columns that AWS documents for Athena, in its order and with its types, then newer members, then
/// what we add. docs/query.md.
namespace cairn::sql {

struct Column {
  enum class Kind : uint8_t {
    kText,     // strings, numbers and truths as VARCHAR, as Athena's table has them
    kWritten,  // any value as it was written, as VARCHAR: JSON text
    kJson,     // the same as DuckDB's JSON
    kStruct,   // of `fields`
    kList,     // of structs of `fields`
    kMap,      // VARCHAR to VARCHAR
  };
  std::string_view member;  // of the record; the column's name is the same in lower case
  Kind kind = Kind::kText;
  std::span<const Column> fields = {};

  std::string name() const;
};

/// One for each member of a record that has a column.
std::span<const Column> event_columns();
/// The position of the column that a member of a record goes to; -1: it has none.
int event_column_of(std::string_view member);

/// Further columns, behind those: not members of a record.
enum class ExtraColumn { kRecord, kFile, kAccount, kRegion, kYear, kMonth, kDay, kTimestamp, kCount };
std::string_view name_of(ExtraColumn column);

}  // namespace cairn::sql

#include "search/meant_field.h"

#include <algorithm>
#include <span>
#include <vector>

#include "base/text.h"
#include "search/filter.h"
#include "sql/event_columns.h"

namespace cairn::search {
namespace {

using sql::Column;
using Kind = sql::Column::Kind;
using Columns = std::span<const Column>;

const Column* column_of(Columns columns, std::string_view member) {
  const auto found = std::ranges::find(columns, member, &Column::member);
  return found == columns.end() ? nullptr : &*found;
}

/// The member that is called so but for its case, or else nearly so.
std::optional<std::string_view> alike(std::string_view name, const std::vector<std::string_view>& members) {
  std::vector<std::string> small;
  for (const std::string_view member : members) small.push_back(text::lower(member));
  const std::string wanted = text::lower(name);
  auto found = std::ranges::find(small, wanted);
  if (found == small.end()) {
    const auto near = text::nearest(wanted, {small.begin(), small.end()});
    if (!near) return std::nullopt;
    found = std::ranges::find(small, *near);
  }
  return members[static_cast<size_t>(found - small.begin())];
}

std::vector<std::string_view> members_of(Columns columns) {
  std::vector<std::string_view> members;
  for (const Column& column : columns) members.push_back(column.member);
  return members;
}

/// The way that was meant by `way` below `columns`; none: that cannot be told.
std::optional<std::string> mended(std::span<const std::string_view> way, Columns columns) {
  std::string_view member = way[0];
  const Column* column = column_of(columns, member);
  if (column == nullptr) {
    const auto near = alike(member, members_of(columns));
    if (!near) return std::nullopt;
    column = column_of(columns, *near);
  }
  std::string out(column->member);
  way = way.subspan(1);
  switch (column->kind) {
    case Kind::kText:
      if (!way.empty()) return std::nullopt;
      return out;
    case Kind::kWritten:
    case Kind::kJson:
    case Kind::kMap:
      for (const std::string_view part : way) out.append(".").append(part);
      return out;
    case Kind::kList:
      if (way.empty()) return out;
      out += text::is_digits(way[0]) ? fmt::format(".{}", way[0]) : ".0";
      if (text::is_digits(way[0])) way = way.subspan(1);
      break;
    case Kind::kStruct:
      break;
  }
  if (way.empty()) return out;
  const auto rest = mended(way, column->fields);
  if (!rest) return std::nullopt;
  return fmt::format("{}.{}", out, *rest);
}

/// What is meant by a member's name without the way to it, as `accessKeyId`.
std::optional<std::string> without_way(std::string_view name) {
  for (const Column& column : sql::event_columns())
    if (column.kind == Kind::kStruct)
      for (const Column& field : column.fields)
        if (text::equals_ignoring_case(field.member, name)) return fmt::format("{}.{}", column.member, field.member);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> meant_field(std::string_view name) {
  const auto is_of_names = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  if (name.empty() || !std::ranges::all_of(name, is_of_names)) return std::nullopt;
  const std::vector<std::string_view> way = text::split(name, '.');
  if (way.size() == 1) {
    // Words are no members, but written like them: Username.
    const auto words = dialect().words;
    for (const std::string& word : words)
      if (text::equals_ignoring_case(word, name)) return word == name ? std::nullopt : std::optional(word);
    if (column_of(sql::event_columns(), name) == nullptr)
      if (auto found = without_way(name)) return found;
  }
  auto meant = mended(way, sql::event_columns());
  if (!meant || *meant == name) return std::nullopt;
  return meant;
}

std::vector<std::string> hints_of(const std::vector<std::string>& fields) {
  constexpr size_t kHintsMax = 10;
  std::vector<std::string> hints;
  for (const std::string& field : fields) {
    if (hints.size() == kHintsMax) break;
    if (const auto meant = meant_field(field))
      hints.push_back(fmt::format("CloudTrail's records have no field '{}': did you mean '{}'?", field, *meant));
  }
  return hints;
}

}  // namespace cairn::search

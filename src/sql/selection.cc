#include "sql/selection.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"

namespace cairn::sql {
namespace {

std::string day_of(Time time) {  // 2026/01/31
  std::string day = timestamps::iso8601(time).substr(0, 10);
  std::replace(day.begin(), day.end(), '-', '/');
  return day;
}

bool is_among(const std::vector<std::string>& wanted, const std::string& value) {
  return wanted.empty() || value.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

std::string list_of(const std::vector<std::string>& values) {
  std::vector<std::string> literals;
  for (const std::string& value : values) literals.push_back(literal(value));
  return fmt::format("{}", fmt::join(literals, ", "));
}

}  // namespace

std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

bool Selection::may_be_in(const Partition& partition) const {
  constexpr std::chrono::hours kLate{30 * 24};  // as long as AWS tries
  if (!is_among(regions, partition.region) || !is_among(accounts, partition.account)) return false;
  if (!partition.has_date()) return true;
  const std::string date = partition.date();
  return !(start && date < day_of(*start)) && !(end && date > day_of(*end + kLate));
}

std::string Selection::condition() const {
  std::vector<std::string> parts;
  if (!regions.empty()) parts.push_back(fmt::format("awsregion IN ({})", list_of(regions)));
  if (!accounts.empty()) parts.push_back(fmt::format("recipientaccountid IN ({})", list_of(accounts)));
  // Times of records have no fractions, and all of them are written alike: they sort as text.
  if (start) parts.push_back(fmt::format("eventtime >= {}", literal(timestamps::iso8601(*start))));
  if (end) parts.push_back(fmt::format("eventtime <= {}", literal(timestamps::iso8601(*end))));
  return fmt::format("{}", fmt::join(parts, " AND "));
}

}  // namespace cairn::sql

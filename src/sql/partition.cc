#include "sql/partition.h"

#include <optional>

#include "aws/names.h"
#include "base/text.h"

namespace cairn::sql {
namespace {

std::optional<Partition::Kind> kind_named(std::string_view word) {
  if (word == "CloudTrail") return Partition::Kind::kEvents;
  if (word == "CloudTrail-Insight") return Partition::Kind::kInsights;
  if (word == "CloudTrail-Digest") return Partition::Kind::kDigest;
  return std::nullopt;
}

bool is_number(std::string_view s, size_t digits) { return s.size() == digits && text::is_digits(s); }

void set_date(Partition& partition, std::string_view year, std::string_view month, std::string_view day) {
  if (!is_number(year, 4) || !is_number(month, 2) || !is_number(day, 2)) return;
  partition.year = year;
  partition.month = month;
  partition.day = day;
}

void set_named(Partition& partition, std::string_view part) {
  const size_t equals = part.find('=');
  if (equals == std::string_view::npos) return;
  const std::string_view name = part.substr(0, equals), value = part.substr(equals + 1);
  if (name == "account" && aws::is_account_id(value)) partition.account = value;
  if (name == "region" && aws::is_region(value)) partition.region = value;
  if (name == "date" && value.size() == 10 && value[4] == '-' && value[7] == '-')
    set_date(partition, value.substr(0, 4), value.substr(5, 2), value.substr(8, 2));
}

}  // namespace

Partition partition_of(std::string_view path) {
  Partition partition;
  const auto parts = text::split(path, '/');
  for (size_t i = 0; i + 1 < parts.size(); ++i) set_named(partition, parts[i]);
  for (size_t i = parts.size(); i-- > 0;) {
    const auto kind = i + 1 < parts.size() ? kind_named(parts[i]) : std::nullopt;
    if (!kind) continue;
    partition.kind = *kind;
    if (i > 0 && aws::is_account_id(parts[i - 1])) partition.account = parts[i - 1];
    if (aws::is_region(parts[i + 1])) {
      partition.region = parts[i + 1];
      if (i + 4 < parts.size()) set_date(partition, parts[i + 2], parts[i + 3], parts[i + 4]);
    }
    break;
  }
  const auto words = text::split(parts.back(), '_');
  if (words.size() < 4 || !aws::is_account_id(words[0]) || !kind_named(words[1]) || !aws::is_region(words[2])) return partition;
  partition.kind = *kind_named(words[1]);
  if (partition.account.empty()) partition.account = words[0];
  if (partition.region.empty()) partition.region = words[2];
  const std::string_view time = partition.kind == Partition::Kind::kDigest ? words[words.size() - 1] : words[3];
  if (!partition.has_date() && time.size() >= 8) set_date(partition, time.substr(0, 4), time.substr(4, 2), time.substr(6, 2));
  return partition;
}

}  // namespace cairn::sql

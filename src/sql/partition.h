#pragma once
#include <string>
#include <string_view>

namespace cairn::sql {

/// What a delivered file's path says of what is in it. Empty: it does not say.
struct Partition {
  enum class Kind { kEvents, kInsights, kDigest } kind = Kind::kEvents;
  std::string account, region, year, month, day;

  bool has_date() const { return !year.empty(); }
  std::string date() const { return has_date() ? year + "/" + month + "/" + day : ""; }
};

/// Reads …/AWSLogs/[o-…/]ACCOUNT/CloudTrail[-Insight|-Digest]/REGION/YYYY/MM/DD/FILE, and where directories were left out what the file's
/// own name says: ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHMMZ_…. Also …/account=ACCOUNT/region=REGION/date=YYYY-MM-DD/…, as `cairn export`
/// writes.
Partition partition_of(std::string_view path);

}  // namespace cairn::sql

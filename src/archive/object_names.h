#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "aws/names.h"
#include "base/time.h"

/// How delivered files are named. docs/formats/archive.md.
namespace cairn::archive {

/// What names of a trail's files are made of.
struct Place {
  std::string prefix;        // "" or the trail's S3KeyPrefix, without a slash at the end
  std::string organization;  // "" or o-…
  aws::AccountId account;
  std::string trail_name;  // digests only
  aws::Region home;        // digests only
};

/// [prefix/]AWSLogs/[org/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_<unique>.json.gz
std::string log_file_key(const Place& place, const aws::Region& region, Time time, std::string_view unique);
/// [prefix/]AWSLogs/[org/]ACCOUNT/CloudTrail-Digest/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOME_YYYYMMDDTHHMMSSZ.json.gz
std::string digest_key(const Place& place, const aws::Region& region, Time end);
/// The same with _backfill before .json.gz: a digest of files that came too late for the period's own.
std::string backfill_digest_key(const Place& place, const aws::Region& region, Time end);
/// The directories that hold them, a slash at the end.
std::string log_file_prefix(const Place& place, const aws::Region& region);
std::string digest_prefix(const Place& place, const aws::Region& region);

/// 16 characters of [0-9A-Za-z] that sort as `order` does (below 62^8) and otherwise look drawn: 8 from `order`, then the 8
/// `random_letters`.
std::string unique_part(uint64_t order, std::string_view random_letters);

/// What a key says of itself; nullopt for any other key.
struct ParsedKey {
  enum class Kind { kLogFile, kDigest, kBackfillDigest } kind = Kind::kLogFile;
  Place place;  // trail_name and home of digests only
  aws::Region region;
  Time time;  // of the name: minutes of a log file, the end of a digest's period
};
std::optional<ParsedKey> parse_key(std::string_view key);

}  // namespace cairn::archive

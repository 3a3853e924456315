#include "archive/object_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/check.h"
#include "base/text.h"

namespace cairn::archive {
namespace {

constexpr std::string_view kLogs = "CloudTrail";
constexpr std::string_view kDigests = "CloudTrail-Digest";
constexpr std::string_view kSuffix = ".json.gz";
constexpr std::string_view kBackfill = "_backfill";
constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr size_t kHalf = 8;  // of the unique part
static_assert(std::ranges::is_sorted(kLetters));

std::string directory(const Place& place, std::string_view kind, const aws::Region& region) {
  std::string out;
  if (!place.prefix.empty()) out = place.prefix + '/';
  out += "AWSLogs/";
  if (!place.organization.empty()) out += place.organization + '/';
  return out + fmt::format("{}/{}/{}/", place.account.str(), kind, region.str());
}

std::string day(std::string_view basic_time) {
  return fmt::format("{}/{}/{}/", basic_time.substr(0, 4), basic_time.substr(4, 2), basic_time.substr(6, 2));
}

bool is_alphanumeric(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return kLetters.find(c) != kLetters.npos; });
}

/// Takes `end` off the end of `s`.
bool take_back(std::string_view& s, std::string_view end) {
  if (!s.ends_with(end)) return false;
  s.remove_suffix(end.size());
  return true;
}
bool take_front(std::string_view& s, std::string_view start) {
  if (!s.starts_with(start)) return false;
  s.remove_prefix(start.size());
  return true;
}
/// What stands behind the last separator; taken off together with it. nullopt where there is none.
std::optional<std::string_view> take_last(std::string_view& s, char separator) {
  const size_t at = s.rfind(separator);
  if (at == s.npos) return std::nullopt;
  const std::string_view last = s.substr(at + 1);
  s = s.substr(0, at);
  return last;
}

std::string digest_name(const Place& place, const aws::Region& region, std::string_view stamp) {
  return fmt::format("{}_{}_{}_{}_{}_{}", place.account.str(), kDigests, region.str(), place.trail_name, place.home.str(), stamp);
}

}  // namespace

std::string log_file_prefix(const Place& place, const aws::Region& region) { return directory(place, kLogs, region); }
std::string digest_prefix(const Place& place, const aws::Region& region) { return directory(place, kDigests, region); }

std::string log_file_key(const Place& place, const aws::Region& region, Time time, std::string_view unique) {
  const std::string stamp = timestamps::basic(time);  // YYYYMMDDTHHMMSSZ, of which the seconds are left out
  return log_file_prefix(place, region) + day(stamp) +
         fmt::format("{}_{}_{}_{}Z_{}{}", place.account.str(), kLogs, region.str(), stamp.substr(0, 13), unique, kSuffix);
}

std::string digest_key(const Place& place, const aws::Region& region, Time end) {
  const std::string stamp = timestamps::basic(end);
  return digest_prefix(place, region) + day(stamp) + digest_name(place, region, stamp).append(kSuffix);
}

std::string backfill_digest_key(const Place& place, const aws::Region& region, Time end) {
  const std::string stamp = timestamps::basic(end);
  return digest_prefix(place, region) + day(stamp) + digest_name(place, region, stamp).append(kBackfill).append(kSuffix);
}

std::string unique_part(uint64_t order, std::string_view random_letters) {
  CHECK(random_letters.size() == kHalf);
  std::array<char, kHalf> digits;
  for (size_t i = kHalf; i-- > 0; order /= kLetters.size()) digits[i] = kLetters[order % kLetters.size()];
  CHECK(order == 0);
  return std::string(digits.data(), kHalf).append(random_letters);
}

std::optional<ParsedKey> parse_key(std::string_view key) {
  // From the end, where all is fixed: a prefix may itself look like any of it.
  std::string_view rest = key;
  std::array<std::string_view, 7> parts;  // account, kind, region, year, month, day, name
  for (size_t i = parts.size(); i-- > 0;) {
    const auto part = take_last(rest, '/');
    if (!part) return std::nullopt;
    parts[i] = *part;
  }
  const auto& [account, kind, region, year, month, date, file] = parts;
  if (!aws::is_account_id(account) || !aws::is_region(region)) return std::nullopt;

  ParsedKey parsed;
  parsed.place.account = aws::AccountId(std::string(account));
  parsed.region = aws::Region(std::string(region));
  if (!rest.ends_with("AWSLogs")) {
    const auto organization = take_last(rest, '/');
    if (!organization || !organization->starts_with("o-")) return std::nullopt;
    parsed.place.organization = *organization;
  }
  if (!take_back(rest, "AWSLogs")) return std::nullopt;
  if (!rest.empty() && (!take_back(rest, "/") || rest.empty())) return std::nullopt;
  parsed.place.prefix = rest;

  std::string_view name = file;
  if (!take_back(name, kSuffix) || !take_front(name, account) || !take_front(name, "_")) return std::nullopt;
  if (!take_front(name, kind) || !take_front(name, "_") || !take_front(name, region) || !take_front(name, "_")) return std::nullopt;
  std::string stamp;
  if (kind == kLogs) {
    const size_t at = name.find('_');
    if (at != 14 || name[13] != 'Z') return std::nullopt;
    const std::string_view unique = name.substr(at + 1);
    if (unique.size() != 2 * kHalf || !is_alphanumeric(unique)) return std::nullopt;
    stamp = std::string(name.substr(0, 13)).append("00Z");
    parsed.kind = ParsedKey::Kind::kLogFile;
  } else if (kind == kDigests) {
    parsed.kind = take_back(name, kBackfill) ? ParsedKey::Kind::kBackfillDigest : ParsedKey::Kind::kDigest;
    const auto end = take_last(name, '_');
    const auto home = take_last(name, '_');
    if (!end || !home || !aws::is_region(*home) || name.empty()) return std::nullopt;
    stamp = *end;
    parsed.place.home = aws::Region(std::string(*home));
    parsed.place.trail_name = name;
  } else {
    return std::nullopt;
  }
  const std::optional<Time> time = timestamps::parse_basic(stamp);
  if (!time || fmt::format("{}/{}/{}/", year, month, date) != day(stamp)) return std::nullopt;
  parsed.time = *time;
  return parsed;
}

}  // namespace cairn::archive

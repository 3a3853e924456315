#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "services/s3/object.h"

/// A bucket's lifecycle rules: which versions are due to go, and when.
namespace cairn::s3 {

constexpr std::string_view kLifecycleKind = "lifecycle";  // of bucket setting: `rules` as the API gives them, `minimum`

struct LifecycleRule {
  std::string id;
  std::string prefix;
  Tags tags;                                          // all of them
  std::optional<uint64_t> larger_than, smaller_than;  // bytes
  std::optional<int64_t> days;                        // expiration of the current version
  std::optional<Time> date;
  bool removes_expired_markers = false;
  std::optional<int64_t> noncurrent_days;
  uint64_t newer_noncurrent = 0;  // so many of a key's are kept whatever their age
  std::optional<int64_t> abort_days;

  bool covers(std::string_view key, const Object& object) const;
  /// When the current version expires; nullopt: never by this rule.
  std::optional<Time> expiry(const Object& object) const;
};

/// Those of a setting that are enabled.
std::vector<LifecycleRule> enabled_rules(const Json& setting);
/// `days` after `from`, at the midnight (UTC) that follows.
Time due_after(Time from, int64_t days);

/// x-amz-expiration of the current version of a key: when it expires, and by which rule, if it does.
void show_expiration(api::Call& call, std::string_view bucket, std::string_view key, const Object& object);

}  // namespace cairn::s3

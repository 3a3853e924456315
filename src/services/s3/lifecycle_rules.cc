#include "services/s3/lifecycle_rules.h"

#include <algorithm>

#include "base/text.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/input.h"

namespace cairn::s3 {
namespace {

/// What a filter asks for; it has one condition, or several under And.
void take_filter(const Json& filter, LifecycleRule& rule) {
  if (has(filter, "Prefix")) rule.prefix = text_of(filter, "Prefix");
  if (const auto size = number_of(filter, "ObjectSizeGreaterThan")) rule.larger_than = static_cast<uint64_t>(*size);
  if (const auto size = number_of(filter, "ObjectSizeLessThan")) rule.smaller_than = static_cast<uint64_t>(*size);
  if (const auto tag = filter.find("Tag"); tag != filter.end()) rule.tags.emplace_back(text_of(*tag, "Key"), text_of(*tag, "Value"));
  if (const auto tags = filter.find("Tags"); tags != filter.end())
    for (const Json& tag : *tags) rule.tags.emplace_back(text_of(tag, "Key"), text_of(tag, "Value"));
  if (const auto all = filter.find("And"); all != filter.end()) take_filter(*all, rule);
}

LifecycleRule rule_of(const Json& given) {
  LifecycleRule rule;
  rule.id = text_of(given, "ID");
  rule.prefix = text_of(given, "Prefix");
  if (const auto filter = given.find("Filter"); filter != given.end()) take_filter(*filter, rule);
  if (const auto expiration = given.find("Expiration"); expiration != given.end()) {
    rule.days = number_of(*expiration, "Days");
    if (has(*expiration, "Date")) rule.date = timestamps::parse_iso8601(text_of(*expiration, "Date"));
    rule.removes_expired_markers = flag_of(*expiration, "ExpiredObjectDeleteMarker");
  }
  if (const auto noncurrent = given.find("NoncurrentVersionExpiration"); noncurrent != given.end()) {
    rule.noncurrent_days = number_of(*noncurrent, "NoncurrentDays");
    rule.newer_noncurrent = static_cast<uint64_t>(number_of(*noncurrent, "NewerNoncurrentVersions").value_or(0));
  }
  if (const auto abort = given.find("AbortIncompleteMultipartUpload"); abort != given.end())
    rule.abort_days = number_of(*abort, "DaysAfterInitiation");
  return rule;
}

}  // namespace

Time due_after(Time from, int64_t days) { return std::chrono::ceil<std::chrono::days>(from + std::chrono::days(days)); }

bool LifecycleRule::covers(std::string_view key, const Object& object) const {
  if (!key.starts_with(prefix)) return false;
  if (larger_than && object.size <= *larger_than) return false;
  if (smaller_than && object.size >= *smaller_than) return false;
  return std::ranges::all_of(tags, [&](const auto& tag) { return std::ranges::find(object.tags, tag) != object.tags.end(); });
}

std::optional<Time> LifecycleRule::expiry(const Object& object) const {
  if (date) return date;
  if (days) return due_after(object.modified, *days);
  return std::nullopt;
}

std::vector<LifecycleRule> enabled_rules(const Json& setting) {
  std::vector<LifecycleRule> rules;
  for (const Json& given : setting.at("rules"))
    if (text_of(given, "Status") == "Enabled") rules.push_back(rule_of(given));
  return rules;
}

void show_expiration(api::Call& call, std::string_view bucket, std::string_view key, const Object& object) {
  const std::optional<Json> setting = bucket_setting(*call.state, bucket, kLifecycleKind);
  if (!setting) return;
  std::optional<Time> soonest;
  std::string id;
  for (const LifecycleRule& rule : enabled_rules(*setting)) {
    const std::optional<Time> expiry = rule.covers(key, object) ? rule.expiry(object) : std::nullopt;
    if (!expiry || (soonest && *soonest <= *expiry)) continue;
    soonest = expiry;
    id = rule.id;
  }
  if (!soonest) return;
  call.out["Expiration"] = fmt::format("expiry-date=\"{}\", rule-id=\"{}\"", timestamps::http_date(*soonest), text::percent_encode(id));
}

}  // namespace cairn::s3

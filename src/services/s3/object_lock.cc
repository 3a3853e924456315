#include "services/s3/object_lock.h"

#include <chrono>

#include "base/check.h"
#include "services/s3/access.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"

namespace cairn::s3 {
namespace {

constexpr std::string_view kKind = "object-lock";
constexpr std::string_view kModeHeader = "x-amz-object-lock-mode", kUntilHeader = "x-amz-object-lock-retain-until-date",
                           kHoldHeader = "x-amz-object-lock-legal-hold";

bool is_mode(std::string_view mode) { return mode == "GOVERNANCE" || mode == "COMPLIANCE"; }

/// A year's end is the same day of another; the 29th of February becomes the 1st of March.
Time years_after(Time start, int64_t years) {
  const auto day = std::chrono::floor<std::chrono::days>(start);
  std::chrono::year_month_day date(day);
  date += std::chrono::years(years);
  if (!date.ok()) date = date.year() / std::chrono::March / 1;
  return Time(std::chrono::sys_days(date)) + (start - day);
}

Retention retention_asked_for(const api::Call& call) {
  const bool has_mode = has(call.in, "ObjectLockMode"), has_until = has(call.in, "ObjectLockRetainUntilDate");
  if (!has_mode && !has_until) return {};
  if (!has_mode || !has_until) {
    throw Error(kInvalidArgument, "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied")
        .with("ArgumentName", std::string(has_mode ? kUntilHeader : kModeHeader));
  }
  const std::string mode = text_of(call.in, "ObjectLockMode"), until = text_of(call.in, "ObjectLockRetainUntilDate");
  if (!is_mode(mode)) throw invalid_argument("Unknown wormMode directive.", kModeHeader, mode);
  const std::optional<Time> date = timestamps::parse_iso8601(until);
  if (!date) throw invalid_argument("The retain until date must be provided in ISO 8601 format", kUntilHeader, until);
  if (*date <= call.now) throw invalid_argument("The retain until date must be in the future!", kUntilHeader, until);
  return {mode, *date};
}

}  // namespace

bool ObjectLock::protects(Time now, bool bypasses_governance) const {
  if (legal_hold == "ON") return true;
  return retention.holds(now) && !(bypasses_governance && retention.mode == "GOVERNANCE");
}

Json encode(const ObjectLock& lock) {
  Json document = Json::object();
  if (!lock.retention.mode.empty()) {
    document["mode"] = lock.retention.mode;
    document["until"] = lock.retention.until.time_since_epoch().count();
  }
  if (!lock.legal_hold.empty()) document["hold"] = lock.legal_hold;
  return document;
}

ObjectLock decode_lock(const Json& document) {
  return {
      .retention = {.mode = text_of(document, "mode"), .until = Time(std::chrono::milliseconds(number_of(document, "until").value_or(0)))},
      .legal_hold = text_of(document, "hold")};
}

std::optional<DefaultRetention> object_lock_of(api::Call& call, std::string_view bucket) {
  const std::optional<Json> setting = bucket_setting(*call.state, bucket, kKind);
  if (!setting) return std::nullopt;
  return DefaultRetention{.mode = text_of(*setting, "mode"),
                          .days = number_of(*setting, "days").value_or(0),
                          .years = number_of(*setting, "years").value_or(0)};
}

void enable_object_lock(api::Call& call, std::string_view bucket, const DefaultRetention& retention) {
  Json setting = Json::object();
  if (!retention.mode.empty()) setting["mode"] = retention.mode;
  if (retention.days != 0) setting["days"] = retention.days;
  if (retention.years != 0) setting["years"] = retention.years;
  put_bucket_setting(*call.state, bucket, kKind, setting);
}

ObjectLock lock_asked_for(api::Call& call, const Bucket& bucket, std::string_view key) {
  ObjectLock lock{.retention = retention_asked_for(call), .legal_hold = text_of(call.in, "ObjectLockLegalHoldStatus")};
  if (!lock.legal_hold.empty() && lock.legal_hold != "ON" && lock.legal_hold != "OFF")
    throw invalid_argument("Legal hold must be either of 'ON' or 'OFF'", kHoldHeader, lock.legal_hold);
  if (lock == ObjectLock{}) return lock;
  if (!object_lock_of(call, bucket.name)) throw Error(kInvalidRequest, "Bucket is missing Object Lock Configuration");
  Access access(call, bucket);
  if (!lock.retention.mode.empty()) access.require("s3:PutObjectRetention", key);
  if (!lock.legal_hold.empty()) access.require("s3:PutObjectLegalHold", key);
  return lock;
}

void apply_default_retention(api::Call& call, std::string_view bucket, ObjectLock& lock) {
  if (!lock.retention.mode.empty()) return;
  const std::optional<DefaultRetention> given = object_lock_of(call, bucket);
  if (!given || given->mode.empty()) return;
  lock.retention = {given->mode, given->years != 0 ? years_after(call.now, given->years) : call.now + std::chrono::days(given->days)};
}

void require_checksum_to_lock(api::Call& call, std::string_view bucket) {
  const bool asks = has(call.in, "ObjectLockMode") || has(call.in, "ObjectLockLegalHoldStatus");
  if (!asks) {
    const std::optional<DefaultRetention> given = object_lock_of(call, bucket);
    if (!given || given->mode.empty()) return;
  }
  for (const auto& [name, value] : call.http.headers)
    if (name == "content-md5" || name.starts_with("x-amz-checksum-") || name == "x-amz-trailer") return;
  throw Error(kInvalidRequest,
              "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters");
}

void check_bypass(api::Call& call, const Bucket& bucket) {
  if (!has(call.in, "BypassGovernanceRetention") || object_lock_of(call, bucket.name)) return;
  throw Error(kInvalidArgument, "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.")
      .with("ArgumentName", "x-amz-bypass-governance-retention");
}

bool bypasses_governance(api::Call& call, const Bucket& bucket, std::string_view key) {
  return flag_of(call.in, "BypassGovernanceRetention") && Access(call, bucket).allows("s3:BypassGovernanceRetention", key);
}

Error locked() { return Error(kAccessDenied, "Access Denied because object protected by object lock."); }

void show_lock(api::Call& call, const Bucket& bucket, std::string_view key, const ObjectLock& lock) {
  if (lock == ObjectLock{}) return;
  Access access(call, bucket);
  if (!lock.retention.mode.empty() && access.allows("s3:GetObjectRetention", key)) {
    call.out["ObjectLockMode"] = lock.retention.mode;
    call.out["ObjectLockRetainUntilDate"] = timestamps::iso8601_millis(lock.retention.until);
  }
  if (!lock.legal_hold.empty() && access.allows("s3:GetObjectLegalHold", key)) call.out["ObjectLockLegalHoldStatus"] = lock.legal_hold;
}

std::optional<Retention> read_retention(const Json& in, std::string_view mode, std::string_view until) {
  const std::optional<Time> date = timestamps::parse_iso8601(text_of(in, until));
  if (!is_mode(text_of(in, mode)) || !date) return std::nullopt;
  return Retention{text_of(in, mode), *date};
}

void describe_lock(const api::Call& call, aws::policy::Context& context) {
  std::optional<Retention> retention = read_retention(call.in, "ObjectLockMode", "ObjectLockRetainUntilDate");
  if (const auto body = call.in.find("Retention"); body != call.in.end()) retention = read_retention(*body, "Mode", "RetainUntilDate");
  if (retention) {
    const auto day = std::chrono::milliseconds(std::chrono::days(1));
    const int64_t left = (retention->until - call.now + day - std::chrono::milliseconds(1)) / day;  // a day that has begun counts
    context.add("s3:object-lock-mode", retention->mode);
    context.add("s3:object-lock-retain-until-date", timestamps::iso8601(retention->until));
    context.add("s3:object-lock-remaining-retention-days", std::to_string(left));
  }
  std::string hold = text_of(call.in, "ObjectLockLegalHoldStatus");
  if (const auto body = call.in.find("LegalHold"); body != call.in.end()) hold = text_of(*body, "Status");
  if (!hold.empty()) context.add("s3:object-lock-legal-hold", hold);
}

}  // namespace cairn::s3

#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "aws/policy/context.h"
#include "base/json.h"
#include "base/time.h"
#include "services/s3/bucket.h"
#include "services/s3/errors.h"

/// Object Lock: what keeps a version from being deleted. A retention protects until its date, a legal hold until it is taken off.
namespace cairn::s3 {

struct Retention {
  std::string mode;  // GOVERNANCE or COMPLIANCE; "": none
  Time until;

  bool operator==(const Retention&) const = default;
  bool holds(Time now) const { return !mode.empty() && until > now; }
};

struct ObjectLock {
  Retention retention;
  std::string legal_hold;  // ON or OFF; "": never set

  bool operator==(const ObjectLock&) const = default;
  /// Whether nobody may delete the version now; a governance retention does not count for who may bypass it.
  bool protects(Time now, bool bypasses_governance = false) const;
};

Json encode(const ObjectLock& lock);
ObjectLock decode_lock(const Json& document);

/// What a bucket with Object Lock gives new versions that name no retention of their own: days or years; both 0: nothing.
struct DefaultRetention {
  std::string mode;
  int64_t days = 0, years = 0;
};
/// nullopt: the bucket has no Object Lock.
std::optional<DefaultRetention> object_lock_of(api::Call& call, std::string_view bucket);
void enable_object_lock(api::Call& call, std::string_view bucket, const DefaultRetention& retention);

/// The lock that a write (PutObject, CopyObject, CreateMultipartUpload) asks for in its headers. Throws if they are wrong, the bucket
/// has no Object Lock, or the caller may not.
ObjectLock lock_asked_for(api::Call& call, const Bucket& bucket, std::string_view key);
/// The bucket's default, where the write asked for no retention.
void apply_default_retention(api::Call& call, std::string_view bucket, ObjectLock& lock);
/// Bytes that are to be locked come with a checksum. Throws InvalidRequest.
void require_checksum_to_lock(api::Call& call, std::string_view bucket);

/// Asking to bypass governance makes sense where there is Object Lock only. Throws InvalidArgument.
void check_bypass(api::Call& call, const Bucket& bucket);
/// Whether the call asks to bypass governance, and may.
bool bypasses_governance(api::Call& call, const Bucket& bucket, std::string_view key);
Error locked();  // AccessDenied

/// Adds what a read shows of a lock, to those who may see it.
void show_lock(api::Call& call, const Bucket& bucket, std::string_view key, const ObjectLock& lock);
/// s3:object-lock-…: what the call asks for.
void describe_lock(const api::Call& call, aws::policy::Context& context);

/// `until` of a document or header; nullopt if it is no date.
std::optional<Retention> read_retention(const Json& in, std::string_view mode, std::string_view until);

}  // namespace cairn::s3

#include "api/operation.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/object_lock.h"
#include "services/s3/versions.h"

/// Object Lock's operations: the bucket's configuration, a version's retention and legal hold.
namespace cairn::s3 {
namespace {

constexpr ErrorKind kNoConfiguration{.code = "ObjectLockConfigurationNotFoundError", .status = 404};
constexpr ErrorKind kNoObjectConfiguration{.code = "NoSuchObjectLockConfiguration", .status = 404};
constexpr int64_t kDaysMax = 36'500, kYearsMax = 100;

void get_object_lock_configuration(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::optional<DefaultRetention> given = object_lock_of(call, bucket.name);
  if (!given) throw Error(kNoConfiguration, "Object Lock configuration does not exist for this bucket").with("BucketName", bucket.name);
  Json& shown = call.out["ObjectLockConfiguration"] = {{"ObjectLockEnabled", "Enabled"}};
  if (given->mode.empty()) return;
  Json retention{{"Mode", given->mode}};
  if (given->days != 0) retention["Days"] = given->days;
  if (given->years != 0) retention["Years"] = given->years;
  shown["Rule"]["DefaultRetention"] = std::move(retention);
}

DefaultRetention default_retention(const Json& rule) {
  const auto given = rule.find("DefaultRetention");
  if (given == rule.end()) throw malformed_xml();
  if (has(*given, "DefaultEventHold")) throw Error(kNotImplemented, "Event holds are not implemented.");
  const std::string mode = text_of(*given, "Mode");
  if ((mode != "GOVERNANCE" && mode != "COMPLIANCE") || has(*given, "Days") == has(*given, "Years")) throw malformed_xml();
  const std::string_view unit = has(*given, "Days") ? "Days" : "Years";
  const int64_t count = number_of(*given, unit).value_or(0), most = unit == "Days" ? kDaysMax : kYearsMax;
  if (count <= 0) throw invalid_argument("Default retention period must be a positive integer value.", unit, std::to_string(count));
  if (count > most) throw invalid_argument("Default retention period too large.", unit, std::to_string(count));
  return {.mode = mode, .days = unit == "Days" ? count : 0, .years = unit == "Years" ? count : 0};
}

void put_object_lock_configuration(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  if (versioning_of(call, bucket.name).status != Versioning::Status::kEnabled)
    throw Error(kInvalidBucketState, "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration");
  const auto configuration = call.in.find("ObjectLockConfiguration");
  if (configuration == call.in.end() || text_of(*configuration, "ObjectLockEnabled") != "Enabled") throw malformed_xml();
  const auto rule = configuration->find("Rule");
  enable_object_lock(call, bucket.name, rule == configuration->end() ? DefaultRetention() : default_retention(*rule));
}

/// The version that the call is about, in a bucket with Object Lock.
Version open_lockable(api::Call& call, const Bucket& bucket) {
  if (!object_lock_of(call, bucket.name)) throw Error(kInvalidRequest, "Bucket is missing Object Lock Configuration");
  Version version = open_version(call, bucket.name, checked_key(call), Deleted::kNotAllowed);
  call.out = Json::object();  // these do not tell the version
  return version;
}

Error no_lock_of_its_own() { return Error(kNoObjectConfiguration, "The specified object does not have a ObjectLock configuration"); }

void get_object_retention(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const Retention retention = open_lockable(call, bucket).object.lock.retention;
  if (retention.mode.empty()) throw no_lock_of_its_own();
  call.out["Retention"] = {{"Mode", retention.mode}, {"RetainUntilDate", timestamps::iso8601_millis(retention.until)}};
}

/// All that whoever may not bypass a retention can do to it. Another mode is none of it, not even the stricter one.
bool only_prolongs(const Retention& wanted, const Retention& present) {
  return wanted.mode == present.mode && wanted.until >= present.until;
}

void put_object_retention(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  Version version = open_lockable(call, bucket);
  const auto request = call.in.find("Retention");
  Retention wanted;
  if (request != call.in.end() && !request->empty()) {
    if (has(*request, "EventHold") || has(*request, "EventHoldDuration")) throw Error(kNotImplemented, "Event holds are not implemented.");
    const std::optional<Retention> given = read_retention(*request, "Mode", "RetainUntilDate");
    if (!given) throw malformed_xml();
    if (given->until <= call.now) {
      throw Error(kInvalidArgument, "The retain until date must be in the future!").with("ArgumentName", "RetainUntilDate");
    }
    wanted = *given;
  }
  Retention& present = version.object.lock.retention;
  if (present.holds(call.now) && !only_prolongs(wanted, present)) {
    if (present.mode == "COMPLIANCE" || !bypasses_governance(call, bucket, text_of(call.in, "Key"))) throw locked();
  }
  present = wanted;
  call.state->put(version.document, encode(version.object));
}

void get_object_legal_hold(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string hold = open_lockable(call, bucket).object.lock.legal_hold;
  if (hold.empty()) throw no_lock_of_its_own();
  call.out["LegalHold"] = {{"Status", hold}};
}

void put_object_legal_hold(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  Version version = open_lockable(call, bucket);
  const auto request = call.in.find("LegalHold");
  const std::string status = request == call.in.end() ? "" : text_of(*request, "Status");
  if (status != "ON" && status != "OFF") throw malformed_xml();
  version.object.lock.legal_hold = status;
  call.state->put(version.document, encode(version.object));
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetObjectLegalHold", get_object_legal_hold},
    {"GetObjectLockConfiguration", get_object_lock_configuration},
    {"GetObjectRetention", get_object_retention},
    {"PutObjectLegalHold", put_object_legal_hold},
    {"PutObjectLockConfiguration", put_object_lock_configuration},
    {"PutObjectRetention", put_object_retention},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_object_locks;
const api::Family s3_object_locks{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

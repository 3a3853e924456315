#include "api/operation.h"
#include "services/s3/bucket.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/mfa.h"
#include "services/s3/object_lock.h"
#include "services/s3/versioning.h"

/// GetBucketVersioning and PutBucketVersioning, with MFA Delete.
namespace cairn::s3 {
namespace {

using Status = Versioning::Status;

void get_bucket_versioning(api::Call& call) {
  const Versioning versioning = versioning_of(call, open_bucket(call).name);
  if (!versioning.is_versioned()) return;
  call.out["Status"] = versioning.status == Status::kEnabled ? "Enabled" : "Suspended";
  if (versioning.mfa_delete) call.out["MFADelete"] = *versioning.mfa_delete ? "Enabled" : "Disabled";
}

void put_bucket_versioning(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const auto request = call.in.find("VersioningConfiguration");
  if (request == call.in.end()) throw malformed_xml();
  const std::string status = text_of(*request, "Status"), mfa_delete = text_of(*request, "MFADelete");
  if (!has(*request, "Status")) throw Error(kIllegalVersioning, "The Versioning element must be specified");
  if (status != "Enabled" && status != "Suspended") throw malformed_xml();
  if (!mfa_delete.empty() && mfa_delete != "Enabled" && mfa_delete != "Disabled") throw malformed_xml();
  if (status == "Suspended" && object_lock_of(call, bucket.name)) {
    throw Error(kInvalidBucketState, "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.");
  }
  const Versioning current = versioning_of(call, bucket.name);
  const bool changes_mfa = !mfa_delete.empty() && (mfa_delete == "Enabled") != current.asks_for_mfa();
  if (current.asks_for_mfa() || changes_mfa) require_mfa(call, bucket);

  Json setting{{"status", status}};
  if (!mfa_delete.empty()) setting["mfaDelete"] = mfa_delete == "Enabled";
  else if (current.mfa_delete) setting["mfaDelete"] = *current.mfa_delete;
  put_bucket_setting(*call.state, bucket.name, kVersioningKind, setting);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetBucketVersioning", get_bucket_versioning},
    {"PutBucketVersioning", put_bucket_versioning},
});

}  // namespace

}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_bucket_versioning;
const api::Family s3_bucket_versioning{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

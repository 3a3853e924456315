#include "services/s3/versioning.h"

#include "services/s3/bucket_setting.h"
#include "services/s3/input.h"

namespace cairn::s3 {

Versioning versioning_of(api::Call& call, std::string_view bucket) {
  const std::optional<Json> setting = bucket_setting(*call.state, bucket, kVersioningKind);
  if (!setting) return {};
  Versioning versioning;
  versioning.status = text_of(*setting, "status") == "Enabled" ? Versioning::Status::kEnabled : Versioning::Status::kSuspended;
  if (has(*setting, "mfaDelete")) versioning.mfa_delete = flag_of(*setting, "mfaDelete");
  return versioning;
}

}  // namespace cairn::s3

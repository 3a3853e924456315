#pragma once
#include <optional>
#include <string_view>

#include "aws/error.h"
#include "base/json.h"
#include "state/store.h"

namespace cairn::s3 {

/// What was set for a bucket: a document for each kind of setting ("ownership"), which goes with the bucket. Kinds and what their
/// documents hold: docs/formats/state.md. nullopt: never set, or taken back; what that means is the setting's own affair.
std::optional<Json> bucket_setting(state::Transaction& state, std::string_view bucket, std::string_view kind);
void put_bucket_setting(state::Transaction& state, std::string_view bucket, std::string_view kind, const Json& setting);
void erase_bucket_setting(state::Transaction& state, std::string_view bucket, std::string_view kind);
/// What S3 says of a setting that the bucket does not have.
aws::Error not_set(std::string_view bucket, std::string_view code, std::string_view message);
/// All kinds, tags and the policy included: the bucket goes.
void erase_bucket_settings(state::Transaction& state, std::string_view bucket);

}  // namespace cairn::s3

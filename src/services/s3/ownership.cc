#include "services/s3/ownership.h"

#include <algorithm>
#include <array>

#include "services/s3/bucket_setting.h"
#include "services/s3/input.h"

namespace cairn::s3 {
namespace {

constexpr std::string_view kKind = "ownership";
constexpr std::string_view kNames[] = {"BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"};  // in the enum's order

}  // namespace

std::optional<Ownership> parse_ownership(std::string_view name) {
  const auto* at = std::ranges::find(kNames, name);
  if (at == std::end(kNames)) return std::nullopt;
  return static_cast<Ownership>(at - std::begin(kNames));
}

std::string_view name_of(Ownership ownership) { return kNames[static_cast<size_t>(ownership)]; }

std::optional<Ownership> ownership_setting(state::Transaction& state, std::string_view bucket) {
  const std::optional<Json> setting = bucket_setting(state, bucket, kKind);
  return setting ? parse_ownership(text_of(*setting, "objects")) : Ownership::kBucketOwnerEnforced;
}

Ownership ownership_of(state::Transaction& state, std::string_view bucket) {
  return ownership_setting(state, bucket).value_or(Ownership::kObjectWriter);
}

void put_ownership(state::Transaction& state, std::string_view bucket, std::optional<Ownership> ownership) {
  put_bucket_setting(state, bucket, kKind, ownership ? Json{{"objects", name_of(*ownership)}} : Json::object());
}

Error lists_with_enforced_ownership() {
  return Error(kInvalidBucketAcl, "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");
}

}  // namespace cairn::s3

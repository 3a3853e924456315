#pragma once
#include <optional>
#include <string_view>

#include "services/s3/bucket.h"
#include "services/s3/errors.h"
#include "state/store.h"

namespace cairn::s3 {

/// Whose the objects of a bucket are, and whether access control lists count there at all.
enum class Ownership {
  kBucketOwnerEnforced,   // the bucket owner's, all of them; lists do not count. What buckets have from the start
  kBucketOwnerPreferred,  // the bucket owner's if the writer says bucket-owner-full-control, else the writer's
  kObjectWriter,          // the writer's; also where the setting was deleted
};
std::optional<Ownership> parse_ownership(std::string_view name);

std::string_view name_of(Ownership ownership);

Ownership ownership_of(state::Transaction& state, std::string_view bucket);
inline bool has_lists(Ownership ownership) { return ownership != Ownership::kBucketOwnerEnforced; }
/// nullopt: the setting was deleted. Where nobody set it, it is that of a new bucket.
std::optional<Ownership> ownership_setting(state::Transaction& state, std::string_view bucket);
void put_ownership(state::Transaction& state, std::string_view bucket, std::optional<Ownership> ownership);

/// What S3 says where a list and kBucketOwnerEnforced meet.
Error lists_with_enforced_ownership();

}  // namespace cairn::s3

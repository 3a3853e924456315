#include <algorithm>
#include <array>
#include <set>

#include "api/operation.h"
#include "api/ports.h"
#include "services/cloudtrail/errors.h"
#include "services/cloudtrail/settings.h"
#include "services/cloudtrail/tag_set.h"
#include "services/cloudtrail/trail_door.h"

namespace cairn::cloudtrail {
namespace {

using delivery::Trail;

constexpr std::ptrdiff_t kTrailsOfRegionMax = 5;  // shadow trails of multi-region trails count in every region
constexpr size_t kTrailsOfAccountMax = 200;       // five in each of more regions than AWS has; here a region is any name of that form

/// Refuses when `trail` would be one too many in a region where it is to be seen.
void check_room(api::Call& call, const Trail& trail) {
  std::vector<Trail> others = all_trails(call);
  std::erase_if(others, [&](const Trail& other) { return other.home == trail.home && other.name == trail.name; });
  if (others.size() >= kTrailsOfAccountMax)
    throw Error(kMaximumNumberOfTrailsExceeded, "User: {} already has {} trails.", call.account.str(), others.size());
  std::set<aws::Region> regions = {trail.home};
  if (trail.multi_region)
    for (const Trail& other : others) regions.insert(other.home);
  for (const aws::Region& region : regions) {
    const auto seen = std::ranges::count_if(others, [&](const Trail& other) { return other.multi_region || other.home == region; });
    if (seen >= kTrailsOfRegionMax)
      throw Error(kMaximumNumberOfTrailsExceeded, "User: {} already has {} trails in {}.", call.account.str(), kTrailsOfRegionMax,
                  region.str());
  }
}

/// Differs from AWS: an insufficient bucket policy's message says what is missing.
void create_trail(api::Call& call) {
  Trail trail;
  trail.account = call.account;
  trail.home = call.region;
  trail.name = call.in.value("Name", "");
  check_trail_name(trail.name);
  take_settings(call, call.in, trail);
  Json tags = Json::object();
  if (call.in.contains("TagsList")) add_tags(call, call.in["TagsList"], tags);
  if (call.state->exists(delivery::keys::trail(trail.account, trail.home, trail.name)))
    throw Error(kTrailAlreadyExists, "Trail {} already exists for customer: {}", trail.name, call.account.str());
  check_room(call, trail);
  check_key(call, trail);
  check_bucket(call, trail);
  check_log_group(call, trail);
  check_topic(call, trail);
  trail.id = call.ports->random->uuid();
  trail.created = call.now;
  delivery::put_new(*call.state, trail);
  delivery::begin_log_group(*call.state, trail, std::nullopt);
  write_tags(call, trail, tags);
  call.out = settings_of(trail);
}

/// Differs from AWS: see CreateTrail.
void update_trail(api::Call& call) {
  const Trail before = open_trail(call, call.in.value("Name", ""), Use::kChange);
  Trail trail = before;
  take_settings(call, call.in, trail);
  if (trail.multi_region && !before.multi_region) check_room(call, trail);
  if (call.in.contains("KmsKeyId")) check_key(call, trail);
  if (call.in.contains("S3BucketName") || call.in.contains("S3KeyPrefix") || call.in.contains("KmsKeyId")) check_bucket(call, trail);
  if (trail.log_group != before.log_group || trail.log_role != before.log_role) check_log_group(call, trail);
  if (trail.sns_topic != before.sns_topic) check_topic(call, trail);
  save(call, trail);
  delivery::begin_log_group(*call.state, trail, before);
  call.out = settings_of(trail);
}

void delete_trail(api::Call& call) {
  const Trail trail = open_trail(call, call.in.value("Name", ""), Use::kChange);
  call.state->erase(delivery::keys::trail(trail.account, trail.home, trail.name));
  write_tags(call, trail, Json::object());
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateTrail", create_trail},
    {"DeleteTrail", delete_trail},
    {"UpdateTrail", update_trail},
});

}  // namespace
}  // namespace cairn::cloudtrail

namespace cairn::services {
extern const api::Family cloudtrail_trails;
const api::Family cloudtrail_trails{.service = "cloudtrail", .operations = cloudtrail::kOperations};
}  // namespace cairn::services

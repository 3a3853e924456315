#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/operation.h"
#include "base/text.h"
#include "services/cloudtrail/errors.h"
#include "services/cloudtrail/tag_set.h"
#include "services/cloudtrail/trail_door.h"

namespace cairn::cloudtrail {
namespace {

using delivery::Trail;

constexpr size_t kListedResourcesMax = 20;

/// The other resources of CloudTrail that may have tags are not there yet; the rest of the world has none here.
void refuse_other_types(const std::string& arn) {
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (parts.size() < 6 || parts[0] != "arn" || parts[2] != "cloudtrail") return;  // parse_trail_arn says what is wrong
  const std::string_view type = parts[5].substr(0, parts[5].find('/'));
  if (type == "trail") return;
  if (type == "eventdatastore") throw Error(kEventDataStoreNotFound, "The event data store {} was not found.", arn);
  if (type == "channel") throw Error(kChannelNotFound, "The channel {} was not found.", arn);
  if (type == "dashboard") throw Error(kResourceNotFound, "The dashboard {} was not found.", arn);
  throw Error(kResourceTypeNotSupported, "Resources of type {} have no tags in CloudTrail: {}", type, arn);
}

/// Unlike other operations these take ARNs only, and only of trails that are at home here.
TrailArn taggable(const api::Call& call, const std::string& arn) {
  refuse_other_types(arn);
  TrailArn where = parse_trail_arn(arn);
  if (where.region != call.region)
    throw Error(kCloudTrailArnInvalid, "Region in ARN is wrong, you can only access resources in region {}.", call.region.str());
  return where;
}

Trail tagged(api::Call& call, const std::string& arn) {
  const TrailArn where = taggable(call, arn);
  if (where.account != call.account || !call.state->exists(delivery::keys::trail(where.account, where.region, where.name)))
    throw Error(kResourceNotFound, "Unknown trail: {} for the user: {}", arn, call.account.str());
  return open_trail(call, arn, Use::kChange);
}

void add_tags_to(api::Call& call) {
  const Trail trail = tagged(call, call.in.value("ResourceId", ""));
  Json tags = read_tags(call, trail);
  add_tags(call, call.in.value("TagsList", Json::array()), tags);
  write_tags(call, trail, tags);
}

void remove_tags_from(api::Call& call) {
  const Trail trail = tagged(call, call.in.value("ResourceId", ""));
  Json tags = read_tags(call, trail);
  remove_tags(call, call.in.value("TagsList", Json::array()), tags);
  write_tags(call, trail, tags);
}

/// Answers in one page, as AWS does: its NextToken is reserved for future use.
void list_tags(api::Call& call) {
  if (call.in.contains("NextToken")) throw Error(kInvalidToken, "NextToken is reserved for future use.");
  const Json list = call.in.value("ResourceIdList", Json::array());
  if (list.size() > kListedResourcesMax)
    throw Error(aws::kValidation,
                "1 validation error detected: Value at 'resourceIdList' failed to satisfy constraint: Member must have length less than or "
                "equal to {}",
                kListedResourcesMax);
  std::set<aws::AccountId> owners;
  for (const Json& item : list) owners.insert(taggable(call, item.get<std::string>()).account);
  if (owners.size() > 1) throw Error(kCloudTrailArnInvalid, "You cannot have resources belonging to multiple owners");
  call.out["ResourceTagList"] = Json::array();
  for (const Json& item : list) {
    const std::string arn = item.get<std::string>();
    const Json tags = read_tags(call, tagged(call, arn));
    call.out["ResourceTagList"].push_back({{"ResourceId", arn}, {"TagsList", tags_list(tags)}});
  }
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"AddTags", add_tags_to},
    {"ListTags", list_tags},
    {"RemoveTags", remove_tags_from},
});

}  // namespace
}  // namespace cairn::cloudtrail

namespace cairn::services {
extern const api::Family cloudtrail_tags;
const api::Family cloudtrail_tags{.service = "cloudtrail", .operations = cloudtrail::kOperations};
}  // namespace cairn::services

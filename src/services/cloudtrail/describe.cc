#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "api/operation.h"
#include "base/text.h"
#include "services/cloudtrail/errors.h"
#include "services/cloudtrail/settings.h"
#include "services/cloudtrail/trail_door.h"

namespace cairn::cloudtrail {
namespace {

using delivery::Trail;

constexpr size_t kListPage = 100;

void get_trail(api::Call& call) { call.out["Trail"] = description_of(open_trail(call, call.in.value("Name", ""), Use::kRead)); }

/// Which trails a list of names and ARNs means: names those of the call's region, ARNs those of any.
class Named {
 public:
  Named(const api::Call& call, const Json& list) : region_(call.region) {
    for (const Json& item : list) {
      const std::string name = item.get<std::string>();
      if (is_arn(name)) parse_trail_arn(name);
      else check_trail_name(name);
      wanted_.push_back(name);
    }
  }
  bool operator()(const Trail& trail) const {
    return std::ranges::any_of(wanted_, [&](const std::string& wanted) {
      return is_arn(wanted) ? wanted == trail.arn() : wanted == trail.name && trail.home == region_;
    });
  }

 private:
  const aws::Region region_;
  std::vector<std::string> wanted_;
};

/// Trails that do not exist are left out.
void describe_trails(api::Call& call) {
  const bool shadows = call.in.value("includeShadowTrails", true);
  const Json list = call.in.value("trailNameList", Json::array());
  const Named named(call, list);
  std::vector<Trail> trails = all_trails(call);
  std::erase_if(trails, [&](const Trail& trail) {
    if (trail.home == call.region) return !list.empty() && !named(trail);
    return !shadows || (list.empty() ? !trail.multi_region : !named(trail));
  });
  std::ranges::sort(trails, {}, [](const Trail& trail) { return std::tie(trail.name, trail.home); });
  call.out["trailList"] = Json::array();
  for (const Trail& trail : trails) call.out["trailList"].push_back(description_of(trail));
}

/// Every region's. The token is where the last page ended.
void list_trails(api::Call& call) {
  const std::string prefix = delivery::keys::trails_of(call.account);
  std::string after;
  if (call.in.contains("NextToken")) {
    const std::optional<std::string> place = text::from_base64(call.in["NextToken"].get<std::string>());
    if (!place || place->empty()) throw Error(kInvalidNextToken, "The NextToken is not valid.");
    after = prefix + *place;
  }
  const state::Page page = call.state->list(prefix, after, kListPage);
  call.out["Trails"] = Json::array();
  for (const state::Item& item : page.items) {
    const Trail trail = delivery::decode_trail(item.value);
    call.out["Trails"].push_back({{"TrailARN", trail.arn()}, {"Name", trail.name}, {"HomeRegion", trail.home.str()}});
  }
  if (page.more) call.out["NextToken"] = text::base64(page.items.back().key.substr(prefix.size()));
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DescribeTrails", describe_trails},
    {"GetTrail", get_trail},
    {"ListTrails", list_trails},
});

}  // namespace
}  // namespace cairn::cloudtrail

namespace cairn::services {
extern const api::Family cloudtrail_describe;
const api::Family cloudtrail_describe{.service = "cloudtrail", .operations = cloudtrail::kOperations};
}  // namespace cairn::services

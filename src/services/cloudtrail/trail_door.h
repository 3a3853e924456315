#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "aws/names.h"
#include "delivery/trail.h"

/// The one door to a trail, for every operation that names one.
namespace cairn::cloudtrail {

/// The rules for names, in CloudTrail's words. Throws InvalidTrailNameException.
void check_trail_name(std::string_view name);

struct TrailArn {
  aws::Region region;
  aws::AccountId account;
  std::string name;
};

inline bool is_arn(std::string_view s) { return s.starts_with("arn:"); }
/// Throws CloudTrailARNInvalidException, and InvalidTrailNameException for the name in it.
TrailArn parse_trail_arn(std::string_view arn);

enum class Use {
  kRead,    // an ARN finds the account's trails of every home region
  kChange,  // in the home region only
};

/// The trail that `name_or_arn` means: a name is looked for in the call's region. Throws InvalidTrailNameException,
/// CloudTrailARNInvalidException, TrailNotFoundException and, for kChange elsewhere than at home, InvalidHomeRegionException.
delivery::Trail open_trail(api::Call& call, std::string_view name_or_arn, Use use);

/// Every trail of the account, whatever its home region, sorted by region and name.
std::vector<delivery::Trail> all_trails(api::Call& call);

/// Puts the changed trail back.
void save(api::Call& call, const delivery::Trail& trail);

}  // namespace cairn::cloudtrail

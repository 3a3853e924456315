#pragma once
#include <string_view>

#include "base/id.h"

namespace cairn::aws {

using AccountId = Id<struct AccountTag>;  // twelve digits
using Region = Id<struct RegionTag>;      // us-east-1
using Arn = Id<struct ArnTag>;
using AccessKeyId = Id<struct AccessKeyTag>;

bool is_account_id(std::string_view s);
bool is_region(std::string_view s);       // the shape xx-name-1 (also gov, cn, iso); not a list of today's regions
bool is_bucket_name(std::string_view s);  // AWS's rules for general purpose buckets

inline const Region kGlobalRegion{"us-east-1"};  // where global services live and are recorded

}  // namespace cairn::aws

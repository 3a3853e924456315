#pragma once
#include <string>

#include "aws/names.h"

namespace cairn::cloudwatch {

/// What AWS calls a region in words: US East (N. Virginia). A region that AWS does not have keeps its code.
std::string region_name(const aws::Region& region);

}  // namespace cairn::cloudwatch

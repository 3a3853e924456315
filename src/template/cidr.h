#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace cairn::cfn {

/// Fn::Cidr: the first `count` (1 to 256) networks of `block`, IPv4 or IPv6, whose addresses differ in `bits` bits.
Result<std::vector<std::string>> cidr_blocks(const std::string& block, int64_t count, int64_t bits);

}  // namespace cairn::cfn

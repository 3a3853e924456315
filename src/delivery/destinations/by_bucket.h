#pragma once
#include <map>
#include <memory>
#include <string>

#include "delivery/destination.h"

namespace cairn::delivery {

/// Sends what is for a bucket of `named` there, and everything else to `others`.
std::shared_ptr<Destination> by_bucket(std::map<std::string, std::shared_ptr<Destination>, std::less<>> named,
                                       std::shared_ptr<Destination> others);

}  // namespace cairn::delivery

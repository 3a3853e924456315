#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>

#include "delivery/destination.h"

namespace cairn::delivery {

/// A bucket that is elsewhere, for trails of some accounts.
struct Elsewhere {
  std::shared_ptr<Destination> destination;
  std::set<aws::AccountId> accounts = {};  // empty: all
};

/// Sends what is for a bucket of `named` there, if it is for the trail's account, and everything else to `others`.
std::shared_ptr<Destination> by_bucket(std::map<std::string, Elsewhere, std::less<>> named, std::shared_ptr<Destination> others);

}  // namespace cairn::delivery

#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "base/time.h"

namespace cairn::iam {

/// When credentials were last used, as far as the event history knows: uses older than its retention, and those that made no event, it does
/// not. Waits for the disk. Nothing is written when credentials are used.
struct LastUse {
  Time time;
  std::string service;  // iam
  std::string region;
};
std::optional<LastUse> last_use_of_key(api::Call& call, std::string_view access_key);
/// By the sessions of the role that were begun last.
std::optional<LastUse> last_use_of_role(api::Call& call, std::string_view role_arn);

}  // namespace cairn::iam

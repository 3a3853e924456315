#pragma once
#include <optional>
#include <string>

#include "api/call.h"
#include "aws/names.h"

namespace cairn::kms {

/// The keys that AWS's services have in an account where nothing else is asked for: alias/aws/s3. Each is made when its service first uses
/// it. Returns its id; nullopt: no service has an alias of this name, or it is not a service that asks.
std::optional<std::string> make_managed_key(api::Call& call, const aws::AccountId& account, const std::string& alias);

}  // namespace cairn::kms

#pragma once
#include <string>
#include <string_view>

#include "api/call.h"

namespace cairn::logs_service {

constexpr size_t kPoliciesMax = 10;  // of an account in a region

/// Who may write to log groups: callers of the account by their own policies, services by the account's resource policies. A service
/// means the account on whose behalf it calls. Throws AccessDenied.
void require_may_write(api::Call& call);

namespace documents {
std::string resource_policies_in(const aws::AccountId& account, const aws::Region& region);
}

}  // namespace cairn::logs_service

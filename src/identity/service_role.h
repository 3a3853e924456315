#pragma once
#include <string>
#include <string_view>

#include "aws/principal.h"
#include "base/result.h"
#include "base/time.h"
#include "state/store.h"

namespace cairn::identity {

/// A service in a role that it was given: whom its calls come from then. `service`: the service principal, on whose behalf it acts
/// (source_arn, source_account). Fails, for a person, if the role is not there or its trust policy does not let the service in.
Result<aws::Principal> take_on(state::Transaction& state, std::string_view role_arn, const aws::Principal& service,
                               std::string session_name, Time now);

}  // namespace cairn::identity

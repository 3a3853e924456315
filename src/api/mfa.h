#pragma once
#include <string_view>

#include "api/call.h"
#include "identity/documents.h"

namespace cairn::api {

/// Whether `code` is one of the device's; then it is used up. Wrong ones are counted: after some, none is looked at for a while
/// (identity/guesses.h).
bool use_mfa_code(Call& call, identity::MfaDevice& device, std::string_view code);

}  // namespace cairn::api

#pragma once
#include "services/ssm/parameter.h"

namespace cairn::ssm {

/// A version as GetParameter shows it; `decrypts`: a SecureString's value in the clear.
Json shown(api::Call& call, const Parameter& parameter, const Version& version, bool decrypts);
/// As DescribeParameters does: without value and ARN.
Json described(const Parameter& parameter, const Version& version);
std::string value_of(api::Call& call, const ParameterName& name, const Version& version, bool decrypts);

}  // namespace cairn::ssm

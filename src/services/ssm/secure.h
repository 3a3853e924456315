#pragma once
#include <string>

#include "services/ssm/parameter.h"

namespace cairn::ssm {

inline constexpr const char* kDefaultKey = "alias/aws/ssm";

/// The value of a SecureString, by KMS in the name of the caller, bound to the parameter's ARN. Throws InvalidKeyId; AccessDenied as KMS
/// words it.
std::string encrypt(api::Call& call, const ParameterName& name, const std::string& key, const std::string& value);
std::string decrypt(api::Call& call, const ParameterName& name, const std::string& ciphertext);

}  // namespace cairn::ssm

#pragma once
#include <string>
#include <string_view>

#include "env/random.h"

/// Passwords as they are kept: a salted, slow hash (scrypt). Hashing takes some 50 ms and 16 MB: on the pool.
namespace cairn::identity {

std::string hash_password(std::string_view password, env::Random& random);
bool is_password(std::string_view kept, std::string_view password);  // `kept`: what hash_password gave

}  // namespace cairn::identity

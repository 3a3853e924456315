#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "identity/documents.h"

/// Codes of virtual MFA devices: RFC 6238 as the usual apps do it: HMAC-SHA-1, steps of 30 seconds, six digits.
namespace cairn::identity {

constexpr size_t kSeedBytes = 40;  // 64 letters of base32, as AWS's seeds have

std::string totp_code(const Secret& seed, int64_t step);
int64_t totp_step(Time now);

/// Checks a code at a time and uses it up: no code of its step or before is taken again. `device`, whose `seed` it is, is the caller's to
/// save. Clocks may be off by one step.
bool use_code(MfaDevice& device, const Secret& seed, std::string_view code, Time now);
/// Two codes of steps that follow each other prove that a device has the seed, whatever its clock says within some minutes.
bool use_codes(MfaDevice& device, const Secret& seed, std::string_view first, std::string_view second, Time now);

std::string base32(std::string_view bytes);  // RFC 4648, without padding

}  // namespace cairn::identity

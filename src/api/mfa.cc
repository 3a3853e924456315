#include "api/mfa.h"

#include "api/ports.h"
#include "identity/guesses.h"
#include "identity/totp.h"

namespace cairn::api {

bool use_mfa_code(Call& call, identity::MfaDevice& device, std::string_view code) {
  identity::Guesses& guesses = *call.ports->guesses;
  const std::string serial = device.serial();
  if (!guesses.may_try(serial, call.now)) return false;
  if (!identity::use_code(device, identity::unseal(*call.ports->sealer, device), code, call.now)) {
    guesses.missed(serial, call.now);
    return false;
  }
  identity::save(*call.state, device);
  return true;
}

}  // namespace cairn::api

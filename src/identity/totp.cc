#include "identity/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"
#include "base/crypto.h"

namespace cairn::identity {
namespace {

constexpr std::chrono::seconds kStep{30};
constexpr int64_t kDriftSteps = 1;         // of a code that signs in
constexpr int64_t kDriftStepsAtSync = 10;  // of two codes that tell how far the clock is off

std::string hmac_sha1(const std::string& key, std::string_view data) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  CHECK(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()), data.size(),
             reinterpret_cast<unsigned char*>(out.data()), &size) != nullptr);
  out.resize(size);
  return out;
}

}  // namespace

std::string totp_code(const Secret& seed, int64_t step) {
  std::string message(8, '\0');
  for (int i = 0; i < 8; ++i) message[static_cast<size_t>(i)] = static_cast<char>(static_cast<uint64_t>(step) >> (56 - 8 * i));
  const std::string mac = hmac_sha1(seed.reveal(), message);
  const size_t at = static_cast<unsigned char>(mac.back()) & 0xf;
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(mac[at + i]);
  return fmt::format("{:06}", (number & 0x7fffffff) % 1'000'000);
}

int64_t totp_step(Time now) { return now.time_since_epoch() / kStep; }

bool use_code(MfaDevice& device, const Secret& seed, std::string_view code, Time now) {
  const int64_t here = totp_step(now);
  for (int64_t step = here - kDriftSteps; step <= here + kDriftSteps; ++step) {
    if (step <= device.last_step || !crypto::equal_constant_time(totp_code(seed, step), code)) continue;
    device.last_step = step;
    return true;
  }
  return false;
}

bool use_codes(MfaDevice& device, const Secret& seed, std::string_view first, std::string_view second, Time now) {
  const int64_t here = totp_step(now);
  for (int64_t step = here - kDriftStepsAtSync; step <= here + kDriftStepsAtSync; ++step) {
    if (step <= device.last_step) continue;
    if (totp_code(seed, step) != first || totp_code(seed, step + 1) != second) continue;
    device.last_step = step + 1;
    return true;
  }
  return false;
}

std::string base32(std::string_view bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  uint32_t held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = held << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 5; bits -= 5) out += kLetters[held >> (bits - 5) & 31];
  }
  if (bits > 0) out += kLetters[held << (5 - bits) & 31];
  return out;
}

}  // namespace cairn::identity

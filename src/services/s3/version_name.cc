#include "services/s3/version_name.h"

#include <algorithm>

#include "base/crypto.h"

namespace cairn::s3 {
namespace {

constexpr std::string_view kDigits = ".0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";  // in the order of their bytes
constexpr size_t kPlaceDigits = 8, kRandomDigits = 20, kProofDigits = 4;
constexpr size_t kIdDigits = kPlaceDigits + kRandomDigits + kProofDigits;
constexpr uint64_t kLastPlace = (uint64_t{1} << 48) - 1;  // 64^8

/// `value` in as many digits as asked for; greater values sort behind smaller ones.
std::string digits_of(uint64_t value, size_t count) {
  std::string text(count, '.');
  for (size_t i = count; i-- > 0; value /= 64) text[i] = kDigits[value % 64];
  return text;
}

uint64_t number_of_digits(std::string_view text) {
  uint64_t value = 0;
  for (const char c : text) value = value * 64 + kDigits.find(c);
  return value;
}

/// Milliseconds count down, and a clock that stands still or goes back is overruled.
std::string next_place(Time now, std::string_view newest) {
  uint64_t place = kLastPlace - static_cast<uint64_t>(std::max<int64_t>(now.time_since_epoch().count(), 0));
  if (!newest.empty()) place = std::min(place, number_of_digits(newest.substr(0, kPlaceDigits)) - 1);
  return digits_of(place, kPlaceDigits);
}

std::string proof_of(std::string_view front) {
  uint64_t sum = 0;
  for (const char c : crypto::sha256(front).substr(0, 3)) sum = sum << 8 | static_cast<unsigned char>(c);
  return digits_of(sum, kProofDigits);
}

}  // namespace

std::string new_version_name(env::Random& random, Time now, std::string_view newest) {
  std::string name = next_place(now, newest) + random.letters(kRandomDigits, kDigits.data());
  return name + proof_of(name);
}

std::string new_null_name(Time now, std::string_view newest) { return next_place(now, newest) + std::string(kNullVersion); }

std::string_view version_id(std::string_view name) { return name.size() == kIdDigits ? name : kNullVersion; }

bool is_version_id(std::string_view id) {
  if (id == kNullVersion) return true;
  if (id.size() != kIdDigits || id.find_first_not_of(kDigits) != std::string_view::npos) return false;
  const std::string_view front = id.substr(0, kIdDigits - kProofDigits);
  return id.substr(front.size()) == proof_of(front);
}

}  // namespace cairn::s3

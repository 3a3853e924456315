#include "services/logs/place_text.h"

#include <fmt/format.h>

#include <charconv>

namespace cairn::logs_service {
namespace {

constexpr size_t kTimeDigits = 20, kPositionDigits = 20, kIndexDigits = 16;
constexpr size_t kDigits = kTimeDigits + kPositionDigits + kIndexDigits;

template <class T>
std::optional<T> number(std::string_view digits) {
  T value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string place_text(const logs::Place& place) {
  return fmt::format("{:0{}}{:0{}}{:0{}}", place.timestamp, kTimeDigits, place.position, kPositionDigits, place.index, kIndexDigits);
}

std::optional<logs::Place> parse_place(std::string_view text) {
  if (text.size() != kDigits || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const auto timestamp = number<int64_t>(text.substr(0, kTimeDigits));
  const auto position = number<uint64_t>(text.substr(kTimeDigits, kPositionDigits));
  const auto index = number<uint32_t>(text.substr(kTimeDigits + kPositionDigits));
  if (!timestamp || !position || !index) return std::nullopt;
  return logs::Place{*timestamp, *position, *index};
}

}  // namespace cairn::logs_service

#include <arpa/inet.h>

#include <array>
#include <cstring>

#include "logquery/functions.h"

/// Functions of IP addresses.
namespace cairn::logquery {
namespace {

using Arguments = std::span<const Value>;
using Around = const Surroundings&;

struct Address {
  int family = 0;  // AF_INET, AF_INET6
  std::array<uint8_t, 16> bytes{};
};

std::optional<Address> address_of(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN + 1];
  if (text.size() >= sizeof(terminated) || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = 0;
  for (const int family : {AF_INET, AF_INET6}) {
    Address address{family, {}};
    if (inet_pton(family, terminated, address.bytes.data()) == 1) return address;
  }
  return std::nullopt;
}

template <bool v4, bool v6>
bool is_wanted(const std::optional<Address>& address) {
  return address && (address->family == AF_INET ? v4 : v6);
}

template <bool v4, bool v6>
Value is_valid(Arguments a, Around around) {
  return Value::of(a[0].exists() && is_wanted<v4, v6>(address_of(text_of(a[0], around.arena))));
}

bool is_in(const Address& address, std::string_view subnet) {
  const size_t slash = subnet.find('/');
  if (slash == std::string_view::npos) return false;
  const std::optional<Address> network = address_of(subnet.substr(0, slash));
  const std::optional<double> bits = number_of(Value::of(subnet.substr(slash + 1)));
  if (!network || !bits || network->family != address.family) return false;
  if (!(*bits >= 0) || *bits > (address.family == AF_INET ? 32 : 128)) return false;
  const auto whole = static_cast<size_t>(*bits) / 8, rest = static_cast<size_t>(*bits) % 8;
  if (std::memcmp(address.bytes.data(), network->bytes.data(), whole) != 0) return false;
  return rest == 0 || ((address.bytes[whole] ^ network->bytes[whole]) >> (8 - rest)) == 0;
}

template <bool v4, bool v6>
Value is_in_subnet(Arguments a, Around around) {
  if (!a[0].exists() || !a[1].exists()) return Value::of(false);
  const std::optional<Address> address = address_of(text_of(a[0], around.arena));
  return Value::of(is_wanted<v4, v6>(address) && is_in(*address, text_of(a[1], around.arena)));
}

constexpr Function kFunctions[] = {
    {"isipinsubnet", 2, 2, is_in_subnet<true, true>},    {"isipv4insubnet", 2, 2, is_in_subnet<true, false>},
    {"isipv6insubnet", 2, 2, is_in_subnet<false, true>}, {"isvalidip", 1, 1, is_valid<true, true>},
    {"isvalidipv4", 1, 1, is_valid<true, false>},        {"isvalidipv6", 1, 1, is_valid<false, true>},
};

}  // namespace

std::span<const Function> address_functions() { return kFunctions; }

}  // namespace cairn::logquery

#pragma once
#include <optional>
#include <string_view>

namespace cairn {

/// From how far an address can be reached.
enum class Reach {
  kLoopback,  // this machine alone
  kPrivate,   // this network, or nobody: what the registries keep for private and special use
  kPublic,
};

/// Of an IPv4 or IPv6 address in text; one that carries an IPv4 address reaches as far as that. nullopt: it is none.
std::optional<Reach> reach_of(std::string_view address);

}  // namespace cairn

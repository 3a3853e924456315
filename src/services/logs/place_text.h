#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "logs/event.h"

namespace cairn::logs_service {

/// An event's place as clients see it, in event ids and in tokens: 56 digits, as AWS's have.
std::string place_text(const logs::Place& place);
std::optional<logs::Place> parse_place(std::string_view text);

}  // namespace cairn::logs_service

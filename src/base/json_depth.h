#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace cairn::json {

/// The offset of the bracket that opens a level more than `levels`, if there is one: told by the brackets outside of strings, without
/// parsing. Total: any bytes.
std::optional<size_t> too_deep_at(std::string_view text, int levels);

}  // namespace cairn::json

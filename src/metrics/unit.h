#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::metrics {

/// By number, as they lie on disk: only ever added to.
inline constexpr auto kUnits = std::to_array<std::string_view>({
    "None",
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
});
using Unit = uint8_t;

constexpr std::optional<Unit> unit_of(std::string_view name) {
  for (size_t i = 0; i < kUnits.size(); ++i)
    if (kUnits[i] == name) return static_cast<Unit>(i);
  return std::nullopt;
}
constexpr std::string_view name_of_unit(Unit unit) { return unit < kUnits.size() ? kUnits[unit] : kUnits[0]; }

}  // namespace cairn::metrics

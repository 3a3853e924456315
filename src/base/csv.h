#pragma once
#include <string>
#include <string_view>

namespace cairn::text {

/// Control characters, which could command a terminal, marks that turn text around, and broken UTF-8 become U+FFFD.
std::string printable(std::string_view s);

/// One cell of a CSV file, made printable: quoted where RFC 4180 asks for it. What a spreadsheet would run as a formula, as it begins with
/// = + - or @, gets an apostrophe before it; a tab or CR at its beginning does the same to some, and is not printable.
std::string csv_cell(std::string_view s);

}  // namespace cairn::text

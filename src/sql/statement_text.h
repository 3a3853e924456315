#pragma once
#include <string>
#include <string_view>

namespace cairn::sql {

/// SQL with blanks in place of the semicolons that are not within strings, names or comments: one statement remains one.
std::string without_semicolons(std::string_view sql);

}  // namespace cairn::sql

#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "history/store.h"

/// Cursors as callers see them. Pure; any thread.
namespace cairn::history {

/// A NextToken: the cursor, bound to the parameters of the query it belongs to. `parameters`: any text that says which query.
std::string encode_token(const Cursor& cursor, std::string_view parameters);
/// None: tampered with, cut, or made for other parameters.
std::optional<Cursor> decode_token(std::string_view token, std::string_view parameters);

std::string cursor_text(const Cursor& cursor);  // "4120-0"
std::optional<Cursor> parse_cursor(std::string_view text);

}  // namespace cairn::history

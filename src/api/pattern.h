#pragma once
#include <optional>
#include <string>
#include <string_view>

/// The patterns of AWS's models. They are written for Java; RE2 matches them in time linear in the text.
namespace cairn::api {

/// Whether all of `text` matches. A pattern that RE2 cannot take matches everything (pattern_test.cc lists them: they look
/// ahead or behind). Patterns are compiled at their first use and kept. Any thread.
bool matches_pattern(const std::string& pattern, std::string_view text);

/// The pattern in RE2's words: \uXXXX as \x{XXXX}, surrogate pairs as one character.
std::string re2_pattern(std::string_view pattern);

/// Whether RE2 can take it.
bool is_pattern_usable(const std::string& pattern);

}  // namespace cairn::api

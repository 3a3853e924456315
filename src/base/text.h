#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Words and bytes as text. Pure; any thread.
namespace cairn::text {

std::vector<std::string_view> split(std::string_view s, char separator);  // "a,,b" -> a, "", b; "" -> {""}
std::string_view trim(std::string_view s);                                // blanks, tabs, CR, LF on both ends
std::string lower(std::string_view s);                                    // ASCII only
bool equals_ignoring_case(std::string_view a, std::string_view b);        // ASCII only
bool is_digits(std::string_view s);                                       // at least one, all 0-9
std::optional<int64_t> to_int(std::string_view s);                        // whole string, decimal, no blanks, no '+'
std::optional<uint64_t> to_uint(std::string_view s);                      // same, no sign
std::string lower_first(std::string_view s);                              // CloudTrail's member names
bool is_utf8(std::string_view s);
std::string replace_invalid_utf8(std::string_view s);  // each bad byte becomes U+FFFD

/// RFC 3986: everything but A-Za-z0-9-_.~ becomes %XX (upper case). Slashes stay when `keep_slash`.
enum class Slash { kEncode, kKeep };
std::string percent_encode(std::string_view s, Slash slash = Slash::kEncode);
/// Decodes %XX; `plus_is_space` for form bodies. nullopt on a broken escape.
enum class Plus { kLiteral, kSpace };
std::optional<std::string> percent_decode(std::string_view s, Plus plus = Plus::kLiteral);

std::string hex(std::string_view bytes);  // lower case
std::optional<std::string> from_hex(std::string_view s);
std::string base64(std::string_view bytes);                  // padded, one line
std::optional<std::string> from_base64(std::string_view s);  // strict: padding needed, no blanks

/// The number of code points (invalid bytes count one each): AWS's length limits count characters.
size_t code_points(std::string_view s);

/// The nearest of `candidates` by edit distance, if near enough to be a likely slip; for "did you mean".
std::optional<std::string_view> nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace cairn::text

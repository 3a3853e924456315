#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

/// A moment, UTC, in milliseconds since 1970. Comes from env::Clock only.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

namespace timestamps {

std::string iso8601(Time t);         // 2026-01-02T03:04:05Z (seconds; CloudTrail's eventTime)
std::string iso8601_millis(Time t);  // 2026-01-02T03:04:05.678Z (S3 listings)
std::string http_date(Time t);       // Fri, 02 Jan 2026 03:04:05 GMT
std::string basic(Time t);           // 20260102T030405Z (SigV4)
std::string basic_date(Time t);      // 20260102
/// How Java writes a date inside CloudTrail's parameters: "Jan 2, 2026, 3:04:05 AM" (see reference: STS, KMS, events).
std::string java_medium(Time t);

std::optional<Time> parse_iso8601(std::string_view s);    // fraction, Z or +hh:mm; basic form with T too
std::optional<Time> parse_basic(std::string_view s);      // 20260102T030405Z only
std::optional<Time> parse_http_date(std::string_view s);  // RFC 1123 (also RFC 850 and asctime)
/// Seconds since 1970, with an optional fraction ("1767322800.123").
std::optional<Time> parse_epoch(std::string_view s);

/// Config durations: "250ms", "1s", "5m", "1h", "90d". nullopt for anything else.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view s);
std::string format_duration(std::chrono::milliseconds d);  // the shortest exact form of the above

}  // namespace timestamps
}  // namespace cairn

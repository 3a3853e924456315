#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "aws/model.h"
#include "base/json.h"
#include "base/time.h"

/// Single values between their text on the wire (headers, URIs, forms, XML) and Json. Pure; any thread.
namespace cairn::api {

/// The value that `text` means for a member of scalar type; nullopt: it is none of that type. Timestamps: any of AWS's forms.
std::optional<Json> scalar_from_text(const aws::Member& member, std::string_view text);

/// How a scalar is written as text; timestamps in the member's own format, else in `otherwise`. "" for what is no scalar.
std::string scalar_to_text(const aws::Member& member, const Json& value, aws::TimestampFormat otherwise);

/// The format of a member's timestamps: its own, its shape's, or `otherwise`.
aws::TimestampFormat timestamp_format(const aws::Member& member, aws::TimestampFormat otherwise);

/// A moment as it stands in parameters and answers: ISO 8601 text or seconds since 1970.
std::optional<Time> time_of(const Json& value);
Json time_to_json(Time time);  // ISO 8601 text with milliseconds
/// Seconds since 1970, with a fraction only if there is one: 1767322800, 1767322800.123.
std::string epoch_text(Time time);

/// "Integer", "Long", "String"...: what AWS's messages call a type, with its article.
std::string_view java_type_name(aws::Type type);

/// The name of a list's elements on the wire: their own if flattened into the parent, else the model's ("member").
std::string_view flat_element_name(const aws::Member& list);
bool is_flattened(const aws::Member& member);

}  // namespace cairn::api

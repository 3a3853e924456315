#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "patterns/event/event_matcher.h"

/// Which messages a subscription is for: FilterPolicy, in the language of event patterns.
namespace cairn::sns {

/// Throws InvalidParameter: that of the language, or SNS's own limits. `parameter`: "FilterPolicy", "Attributes Reason: FilterPolicy".
void check_filter_policy(const std::string& text, bool filters_body, std::string_view parameter);
/// One as it stands in the state, compiled; kept for the next message.
std::shared_ptr<const patterns::EventMatcher> compiled_filter(const std::string& text);
/// A message's attributes as what filter policies look at: {"store":"books","price":12,"tags":["a","b"]}.
std::string filterable(const Json& attributes);

}  // namespace cairn::sns

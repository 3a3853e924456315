#pragma once
#include "base/json.h"

/// What a trail's selectors may say, in CloudTrail's rules; what they then mean is event/selector.h's.
namespace cairn::cloudtrail {

/// Basic event selectors as they are kept and shown: all members there, defaults filled in. Throws InvalidEventSelectorsException.
Json checked_event_selectors(const Json& selectors);

/// Throws InvalidEventSelectorsException.
void check_advanced_event_selectors(const Json& selectors);

/// Insight selectors as they are kept and shown, with the categories they are for. Throws InvalidInsightSelectorsException.
Json checked_insight_selectors(const Json& selectors);

}  // namespace cairn::cloudtrail

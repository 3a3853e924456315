#pragma once
#include <string_view>
#include <vector>

#include "base/json.h"
#include "event/attributes.h"

namespace cairn::event {

/// The resources that LookupEvents shows for an event: CloudTrail's own reading of parameters and answer, not the record's
/// `resources`. `request`, `response`, `recorded`: those members of the record; may not exist. No duplicates.
std::vector<LookupResource> lookup_resources(std::string_view event_source, std::string_view event_name, json::View request,
                                             json::View response, json::View recorded);

}  // namespace cairn::event

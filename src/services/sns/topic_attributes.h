#pragma once
#include <string>
#include <string_view>

#include "services/sns/topic.h"

namespace cairn::sns {

/// Sets one attribute that may be set after the topic was made. Throws InvalidParameter; NotImplemented for what cannot be honoured.
/// `prefix`: of the parameter's name in refusals: "", or "Attributes Reason: ".
void set_attribute(Topic& topic, const std::string& name, const std::string& value, std::string_view prefix);
/// Those that GetTopicAttributes shows and that follow from the topic itself.
Json attributes_of(const Topic& topic);

}  // namespace cairn::sns

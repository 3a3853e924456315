#pragma once
#include <string>

#include "event/facts.h"

namespace cairn::event {

/// Appends the value of requestParameters (responseElements) for services whose records follow the model: members by its names
/// with the first letter lower, in its order, secrets treated as redact.h says; `null` where nothing is to be shown.
/// `error_code`: as recorded. Not for S3.
void append_request_parameters(std::string& out, const Facts& facts, std::string_view error_code);
void append_response_elements(std::string& out, const Facts& facts, std::string_view error_code);

}  // namespace cairn::event

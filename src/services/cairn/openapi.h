#pragma once
#include <string>

namespace cairn::services {

/// What the service `cairn` speaks below /_cairn/api/, as an OpenAPI 3.0 document: made of the table that requests are read by.
std::string openapi_document();

}  // namespace cairn::services

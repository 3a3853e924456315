#pragma once
#include "aws/principal.h"
#include "base/json.h"

/// Who began an operation, to be kept with it: it goes on in their name after their call was answered, also after a restart.
namespace cairn::cloudformation {

constexpr const char* kService = "cloudformation.amazonaws.com";

Json to_json(const aws::Principal& principal);
/// Their calls by this service's hand.
aws::Principal principal_of(const Json& document);

}  // namespace cairn::cloudformation

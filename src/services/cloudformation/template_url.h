#pragma once
#include <string>

#include "api/call.h"

namespace cairn::cloudformation {

/// The object that a TemplateURL names in this server's own S3, read by the caller's rights. Throws ValidationError. `member`: what the
/// call calls it: StackPolicyURL.
std::string template_at(api::Call& call, const std::string& url, std::string_view member = "TemplateURL");
/// The same object's address as AWS writes it, whatever host the call came to. Throws ValidationError.
std::string canonical_url(const api::Call& call, const std::string& url);

}  // namespace cairn::cloudformation

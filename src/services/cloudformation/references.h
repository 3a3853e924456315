#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "services/cloudformation/doing.h"

/// Dynamic references to SSM's parameters: {{resolve:ssm:NAME:VERSION}}, {{resolve:ssm-secure:NAME:VERSION}}. Properties hold them as they
/// are written, so that an update sees what the template changed; a resource's function gets what they mean, by calls of its own.
namespace cairn::cloudformation {

constexpr size_t kReferencesMax = 60;        // of a resource; AWS: of a template
constexpr size_t kMeantBytesMax = 64 << 10;  // of all that these mean

/// Brings references in `doing.wanted` and `doing.before` to what they mean. What plain ones meant stays with the resource's attributes, so
/// that it can be removed when their parameters are gone. `asks`: not for a removal.
void resolve_references(Doing& doing, bool asks);

/// NAME, or NAME:VERSION.
bool is_ssm_reference(std::string_view key);
/// Throws Failed: ssm-secure may stand in few properties. `type`: of the resource.
void check_references(std::string_view type, const Json& properties);

}  // namespace cairn::cloudformation

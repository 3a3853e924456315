#pragma once
#include <string_view>

/// What data events are about: the resource types that selectors may name. Pure; any thread.
namespace cairn::cloudtrail {

bool is_data_type(std::string_view type);  // AWS::S3::Object

/// Whether the ARN could be one of that type's resources. Of a type whose ARNs AWS does not document: whether it is an ARN at all.
bool fits_data_type(std::string_view type, std::string_view arn);

}  // namespace cairn::cloudtrail

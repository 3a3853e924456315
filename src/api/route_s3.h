#pragma once
#include <optional>
#include <string_view>

#include "http/server.h"

namespace cairn::api {

/// The name of the S3 operation that a request means, drawn from the model's URI templates, fixed query parts and required
/// query names and headers. `bucket` and `key` are decoded; empty: not addressed. nullopt: no operation (405), which includes a
/// sub-resource that the method has nothing for: `DELETE /bucket?acl` must not delete the bucket. Any thread.
std::optional<std::string_view> s3_operation(const http::Head& head, std::string_view bucket, std::string_view key);

}  // namespace cairn::api

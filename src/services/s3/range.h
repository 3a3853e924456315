#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::s3 {

struct Range {
  uint64_t offset = 0;
  uint64_t length = 0;
};

/// One `Range: bytes=…` against an object of `size` bytes. nullopt: not a single well-formed range, which S3 ignores (the whole
/// object, 200). Throws InvalidRange if none of it lies inside.
std::optional<Range> parse_range(std::string_view header, uint64_t size);

/// `x-amz-copy-source-range`: must be bytes=first-last inside the source. Throws InvalidArgument, InvalidRequest.
Range parse_copy_range(std::string_view header, uint64_t size);

}  // namespace cairn::s3

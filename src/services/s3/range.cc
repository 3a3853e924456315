#include "services/s3/range.h"

#include <algorithm>

#include "base/text.h"
#include "services/s3/errors.h"

namespace cairn::s3 {
namespace {

/// first-last, first-, -last; nullopt where it is none of these.
struct Bounds {
  std::optional<uint64_t> first, last;
};
std::optional<Bounds> parse_bounds(std::string_view header) {
  if (!header.starts_with("bytes=")) return std::nullopt;
  header.remove_prefix(6);
  const size_t dash = header.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view first = text::trim(header.substr(0, dash)), last = text::trim(header.substr(dash + 1));
  Bounds bounds{text::to_uint(first), text::to_uint(last)};
  if ((!first.empty() && !bounds.first) || (!last.empty() && !bounds.last)) return std::nullopt;
  if (!bounds.first && !bounds.last) return std::nullopt;
  if (bounds.first && bounds.last && *bounds.last < *bounds.first) return std::nullopt;
  return bounds;
}

}  // namespace

std::optional<Range> parse_range(std::string_view header, uint64_t size) {
  const std::optional<Bounds> bounds = parse_bounds(header);
  if (!bounds) return std::nullopt;
  const bool outside = bounds->first ? *bounds->first >= size : *bounds->last == 0 || size == 0;
  if (outside) {
    throw Error(kInvalidRange, "The requested range is not satisfiable")
        .with("RangeRequested", std::string(header))
        .with("ActualObjectSize", std::to_string(size));
  }
  if (!bounds->first) {
    const uint64_t length = std::min(*bounds->last, size);
    return Range{size - length, length};
  }
  const uint64_t last = bounds->last ? std::min(*bounds->last, size - 1) : size - 1;
  return Range{*bounds->first, last - *bounds->first + 1};
}

Range parse_copy_range(std::string_view header, uint64_t size) {
  const std::optional<Bounds> bounds = parse_bounds(header);
  if (!bounds || !bounds->first || !bounds->last) {
    throw invalid_argument(
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based "
        "offsets of the first and last bytes to copy",
        "x-amz-copy-source-range", header);
  }
  if (*bounds->first >= size) throw Error(kInvalidRequest, "The specified copy range is invalid for the source object size");
  if (*bounds->last >= size)
    throw invalid_argument(fmt::format("Range specified is not valid for source object of size: {}", size), "x-amz-copy-source-range",
                           header);
  return Range{*bounds->first, *bounds->last - *bounds->first + 1};
}

}  // namespace cairn::s3

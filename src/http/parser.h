#pragma once
#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "http/server.h"

namespace cairn::http {

/// Strict HTTP/1.1 (RFC 9112) head parsing: no bare LF, no folding, no CL with TE, no differing CLs, no unknown codings, no
/// control characters. `bytes` 0: more is needed. The result's views point into `in`.
struct ParsedHead {
  size_t bytes = 0;  // length of the head, blank line included
  Head head;
};
struct HeadProblem {
  int status;  // 400, 413, 414, 431, 501, 505
  std::string_view reason;
};
Result<ParsedHead, HeadProblem> parse_head(std::string_view in, size_t head_bytes_max, size_t headers_max);

/// Decodes `Transfer-Encoding: chunked`, strictly; total on any bytes.
class ChunkedDecoder {
 public:
  enum class State { kMore, kDone, kBad };
  /// Consumes a prefix of `in`, appends payload to `out`; `consumed` says how much of `in` belonged to this body.
  State feed(std::string_view in, size_t& consumed, std::string& out);

 private:
  enum class Phase { kSize, kData, kDataEnd, kTrailer, kDone, kBad } phase_ = Phase::kSize;
  uint64_t left_ = 0;
  std::string line_;
  size_t trailer_bytes_ = 0;
};

}  // namespace cairn::http

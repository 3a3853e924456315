#include <cstddef>
#include <cstdint>
#include <string_view>

#include "aws/sigv4.h"
#include "base/check.h"

/// Any request head whatever: reading its claim and making it canonical must end, keep to a size, and be repeatable.
/// Input: method, path, query and headers as lines; a header is name, ':', value.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn::aws::sigv4;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto line = [&rest] {
    const size_t end = rest.find('\n');
    const std::string_view taken = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
    return taken;
  };
  Request request;
  request.method = line();
  request.path = line();
  request.query = line();
  while (!rest.empty()) {
    const std::string_view header = line();
    const size_t colon = header.find(':');
    if (colon == header.npos) continue;
    request.headers.emplace_back(header.substr(0, colon), header.substr(colon + 1));
  }
  const auto claim = read_claim(request);
  if (!claim) return 0;
  const std::string canonical = canonical_request(request, *claim, "UNSIGNED-PAYLOAD");
  // No byte of the input can appear more often than encoded (three times, twice over for a path) in each of its few places.
  CHECK(canonical.size() <= 12 * size + 1024);
  CHECK(canonical == canonical_request(request, *claim, "UNSIGNED-PAYLOAD"));
  CHECK(signature("key", string_to_sign(*claim, canonical)).size() == 64);
  return 0;
}

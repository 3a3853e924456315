// What is sent to a wait condition's handle, and the address that it is sent to.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "services/cloudformation/signal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn::cloudformation;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto signal = parse_signal(bytes)) {
    CHECK(!signal->id.empty());
    CHECK(signal->id.size() <= kSignalTextBytesMax && signal->reason.size() <= kSignalTextBytesMax &&
          signal->data.size() <= kSignalTextBytesMax);
  }
  if (const auto handle = handle_of(bytes)) {
    const auto again = handle_of(url_of("http://h", *handle));
    CHECK(again && again->stack == handle->stack && again->resource == handle->resource && again->secret == handle->secret);
  }
  return 0;
}

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "services/logs/sealed_event.h"

/// Any bytes whatever as a stored message of a log group: opening it ends, plain text comes back as it is, and nothing opens that nobody
/// sealed.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  logs_service::MessageOpener opener("group", [](uint32_t) { return Secret(std::string(crypto::kAeadKeyBytes, 'k')); });
  const auto opened = opener.open({{1, 2, 3}, 4, "stream", message});
  if (logs_service::is_sealed(message)) CHECK(!opened);
  else CHECK(opened == message);
  return 0;
}

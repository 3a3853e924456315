#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "api/protocol.h"
#include "base/json.h"
#include "base/text.h"

namespace cairn::fuzz {

/// The operation that the first two bytes choose; they are taken off.
inline const aws::OperationModel& choose_operation(const aws::ServiceModel& service, std::string_view& data) {
  const size_t low = data.empty() ? 0 : static_cast<uint8_t>(data[0]);
  const size_t high = data.size() < 2 ? 0 : static_cast<uint8_t>(data[1]);
  data.remove_prefix(std::min<size_t>(2, data.size()));
  return service.operations[(low + 256 * high) % service.operations.size()];
}

/// Decodes, validates, writes back and dumps: whatever the bytes, the only way out but success is an aws::Error.
inline void run(aws::Protocol protocol, const aws::ServiceModel& service, const aws::OperationModel& operation,
                const api::WireRequest& request) {
  try {
    const Json in = api::decode(protocol, service, operation, request);
    (void)json::dump(in);
    aws::OperationModel mirror = operation;
    mirror.output = operation.input;
    (void)api::encode(protocol, service, mirror, in, "r");
    api::validate(service, operation, in);
  } catch (const aws::Error& error) {
    (void)api::encode_error(protocol, service, &operation, error, "r", "h", "/");
  }
}

/// The services that speak `protocol`, in a fixed order.
inline std::vector<const aws::ServiceModel*> services_of(aws::Protocol protocol) {
  std::vector<const aws::ServiceModel*> found;
  for (std::string_view key : aws::service_model_keys()) {
    const aws::ServiceModel* service = aws::service_model(key);
    if (std::find(service->protocols.begin(), service->protocols.end(), protocol) != service->protocols.end()) found.push_back(service);
  }
  return found;
}

inline const aws::ServiceModel& choose_service(const std::vector<const aws::ServiceModel*>& services, std::string_view& data) {
  const size_t index = data.empty() ? 0 : static_cast<uint8_t>(data[0]) % services.size();
  data.remove_prefix(std::min<size_t>(1, data.size()));
  return *services[index];
}

/// Everything up to the next line feed, which is taken off, too.
inline std::string_view take_line(std::string_view& data) {
  const size_t end = data.find('\n');
  const std::string_view taken = data.substr(0, end);
  data.remove_prefix(end == std::string_view::npos ? data.size() : end + 1);
  return taken;
}

/// Lines "name: value" up to an empty one.
inline std::vector<http::Header> take_headers(std::string_view& data) {
  std::vector<http::Header> headers;
  for (std::string_view line = take_line(data); !line.empty(); line = take_line(data)) {
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos) headers.push_back({line.substr(0, colon), text::trim(line.substr(colon + 1))});
  }
  return headers;
}

}  // namespace cairn::fuzz

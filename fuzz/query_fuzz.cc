// Bodies of the query protocol: a byte chooses the service, two the operation, the rest is the form body.
#include "wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cairn;
  static const std::vector<const aws::ServiceModel*> services = fuzz::services_of(aws::Protocol::kQuery);
  static const std::vector<http::Header> headers;
  std::string_view data(reinterpret_cast<const char*>(bytes), size);
  const aws::ServiceModel& service = fuzz::choose_service(services, data);
  const aws::OperationModel& operation = fuzz::choose_operation(service, data);
  fuzz::run(aws::Protocol::kQuery, service, operation, {.method = "POST", .path = "/", .headers = &headers, .body = data});
  return 0;
}

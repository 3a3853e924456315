// Bodies of the json protocols: a byte chooses the service, two the operation, the rest is the JSON body.
#include "wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cairn;
  static const std::vector<const aws::ServiceModel*> services = fuzz::services_of(aws::Protocol::kJson11);
  static const std::vector<http::Header> headers;
  std::string_view data(reinterpret_cast<const char*>(bytes), size);
  const aws::ServiceModel& service = fuzz::choose_service(services, data);
  const aws::OperationModel& operation = fuzz::choose_operation(service, data);
  fuzz::run(aws::Protocol::kJson11, service, operation, {.method = "POST", .path = "/", .headers = &headers, .body = data});
  return 0;
}

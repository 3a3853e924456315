// Bodies of the json protocols: a byte chooses the service, two the operation, the rest is the JSON body. What is read of one by the quick
// reader is what the library reads.
#include "base/check.h"
#include "base/json.h"
#include "wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cairn;
  static const std::vector<const aws::ServiceModel*> services = fuzz::services_of(aws::Protocol::kJson11);
  static const std::vector<http::Header> headers;
  std::string_view data(reinterpret_cast<const char*>(bytes), size);
  const aws::ServiceModel& service = fuzz::choose_service(services, data);
  const aws::OperationModel& operation = fuzz::choose_operation(service, data);
  constexpr size_t kComparedMax = 4096;  // the library takes long for many members
  if (const Result<Json> parsed = json::parse(data); parsed && data.size() <= kComparedMax) CHECK(*parsed == Json::parse(data));
  fuzz::run(aws::Protocol::kJson11, service, operation, {.method = "POST", .path = "/", .headers = &headers, .body = data});
  return 0;
}

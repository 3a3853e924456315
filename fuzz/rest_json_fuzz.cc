// Lambda's and its like's requests: a byte chooses the service, two the operation; then lines: each URI label's value, the query
// string, headers, an empty line, the body.
#include "wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cairn;
  static const std::vector<const aws::ServiceModel*> services = fuzz::services_of(aws::Protocol::kRestJson);
  std::string_view data(reinterpret_cast<const char*>(bytes), size);
  const aws::ServiceModel& service = fuzz::choose_service(services, data);
  const aws::OperationModel& operation = fuzz::choose_operation(service, data);
  std::vector<std::pair<std::string, std::string>> labels;
  if (operation.input != nullptr)
    for (const aws::Member& member : operation.input->members)
      if (member.location == aws::Location::kUri) labels.emplace_back(member.location_name, std::string(fuzz::take_line(data)));
  const std::string_view query = fuzz::take_line(data);
  const std::vector<http::Header> headers = fuzz::take_headers(data);
  fuzz::run(aws::Protocol::kRestJson, service, operation,
            {.method = operation.method, .path = "/", .query = query, .headers = &headers, .body = data, .labels = std::move(labels)});
  return 0;
}

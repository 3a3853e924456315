// S3's requests: two bytes choose the operation; then lines: the query string, headers, an empty line, the body.
#include "wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cairn;
  static const aws::ServiceModel& service = *aws::service_model("s3");
  std::string_view data(reinterpret_cast<const char*>(bytes), size);
  const aws::OperationModel& operation = fuzz::choose_operation(service, data);
  const std::string_view query = fuzz::take_line(data);
  const std::vector<http::Header> headers = fuzz::take_headers(data);
  fuzz::run(
      aws::Protocol::kRestXml, service, operation,
      {.method = "PUT", .path = "/b/k", .query = query, .headers = &headers, .body = data, .labels = {{"Bucket", "b"}, {"Key", "k"}}});
  return 0;
}

// S3's requests: two bytes choose the operation; then lines: the query string, headers, an empty line, the body.
#include "base/text.h"
#include "wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cairn;
  static const aws::ServiceModel& service = *aws::service_model("s3");
  std::string_view data(reinterpret_cast<const char*>(bytes), size);
  const aws::OperationModel& operation = fuzz::choose_operation(service, data);
  const auto line = [&data] {
    const size_t end = data.find('\n');
    const std::string_view taken = data.substr(0, end);
    data.remove_prefix(end == std::string_view::npos ? data.size() : end + 1);
    return taken;
  };
  const std::string_view query = line();
  std::vector<http::Header> headers;
  for (std::string_view header = line(); !header.empty(); header = line()) {
    const size_t colon = header.find(':');
    if (colon != std::string_view::npos) headers.push_back({header.substr(0, colon), text::trim(header.substr(colon + 1))});
  }
  fuzz::run(
      aws::Protocol::kRestXml, service, operation,
      {.method = "PUT", .path = "/b/k", .query = query, .headers = &headers, .body = data, .labels = {{"Bucket", "b"}, {"Key", "k"}}});
  return 0;
}

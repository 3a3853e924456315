#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/error.h"
#include "aws/model.h"
#include "base/json.h"
#include "http/server.h"

/// AWS's wire protocols, both ways, from the model tables. Pure; any thread. One file each in protocols/.
namespace cairn::api {

/// The parts of a request that carry parameters. Views must outlive the call.
struct WireRequest {
  std::string_view method;
  std::string_view path;   // raw; for S3 already without the bucket label of virtual-hosted hosts
  std::string_view query;  // raw
  const std::vector<http::Header>* headers = nullptr;
  std::string_view body;                                    // "" where the payload is streamed
  std::vector<std::pair<std::string, std::string>> labels;  // URI labels found by routing, decoded ({Bucket}, {Key+} as "Key")
};

/// Parameters by model names (members absent if not sent). Blobs are base64 text in Json; timestamps are ISO 8601 text with
/// milliseconds if any; streaming payload members are left out. Throws aws::Error (SerializationException, MalformedXML ...).
Json decode(aws::Protocol protocol, const aws::ServiceModel& service, const aws::OperationModel& operation, const WireRequest& request);

/// Required members, lengths, ranges, patterns, enums: throws aws::Error with AWS's code and wording for that service.
void validate(const aws::ServiceModel& service, const aws::OperationModel& operation, const Json& in);

struct WireResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};
WireResponse encode(aws::Protocol protocol, const aws::ServiceModel& service, const aws::OperationModel& operation, const Json& out,
                    std::string_view request_id);
/// `operation` may be null (unknown). `host_id`: S3's HostId; `resource`: S3's Resource element.
WireResponse encode_error(aws::Protocol protocol, const aws::ServiceModel& service, const aws::OperationModel* operation,
                          const aws::Error& error, std::string_view request_id, std::string_view host_id, std::string_view resource);

}  // namespace cairn::api

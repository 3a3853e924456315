#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/operation.h"
#include "aws/error.h"
#include "aws/model.h"
#include "base/result.h"
#include "http/server.h"

namespace cairn::api {

/// Where a request wants to go, as far as it can be told. The service is known from the head; the operation too, except for
/// the query protocol, whose form body names it (see route_operation).
struct Route {
  const Service* service = nullptr;
  aws::Protocol protocol = aws::Protocol::kJson11;
  const aws::OperationModel* model = nullptr;               // null: not known (yet), or an operation nobody knows
  std::string asked_operation;                              // the name the client used, when no model has it
  std::vector<std::pair<std::string, std::string>> labels;  // URI labels, decoded
  std::string bucket, key;                                  // S3, decoded
  std::string wire_path;                                    // S3: the path without a virtual-hosted bucket, raw
};

struct NoRoute {
  std::string message;  // what was asked and what is served
};

/// Finds the service (X-Amz-Target, credential scope, Host, path) and, where the head tells it, the operation.
Result<Route, NoRoute> route_head(const http::Head& head);

/// The query protocol: finds the operation by Action in the query string or the form body.
void route_action(Route& route, const http::Head& head, std::string_view body);

/// S3's calls that a browser makes for a page: a preflight says nothing of who asks, and a form says it in its fields.
bool is_preflight(const Route& route);
bool is_form(const Route& route);

/// What a client gets for an operation that no table has: AWS's code for that protocol.
aws::Error unknown_operation(const Route& route);

/// Bucket and key of an S3 request, path style or virtual-hosted.
struct S3Address {
  std::string bucket, key;  // decoded
  std::string path;         // raw, path-style form: /bucket/key
};
S3Address s3_address(std::string_view host, std::string_view raw_path);

}  // namespace cairn::api

#pragma once
#include <string>
#include <string_view>

#include "api/client.h"
#include "aws/model.h"
#include "base/json.h"

/// Calls of this server's own services by the names of their models, for those who make many different ones: the other side of
/// api/protocol.h. Pure; any thread.
namespace cairn::api {

/// As a client of AWS would send it. `in`: parameters by model names; those that the model does not have are passed over. Without a caller.
Client::Request request_of(const aws::ServiceModel& service, const aws::OperationModel& operation, const aws::Region& region,
                           const Json& in);

/// Why a call was refused, as its answer tells.
struct Refusal {
  int status = 0;
  std::string code, message, request_id;
};
Refusal refusal_of(const http::Response& response);  // not of a success

}  // namespace cairn::api

#pragma once
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/protocol.h"
#include "base/check.h"

/// Requests and answers for the protocols' tests.
namespace cairn::api {

struct TestRequest {
  std::string method = "POST";
  std::string path = "/";
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::vector<std::pair<std::string, std::string>> labels;
};

inline const aws::OperationModel& model_of(std::string_view service, std::string_view operation) {
  const aws::OperationModel* model = aws::service_model(service)->operation(operation);
  CHECK(model != nullptr);
  return *model;
}

inline Json decode_test(aws::Protocol protocol, std::string_view service, std::string_view operation, const TestRequest& request) {
  std::vector<http::Header> headers;
  for (const auto& [name, value] : request.headers) headers.push_back({name, value});
  const WireRequest wire{.method = request.method,
                         .path = request.path,
                         .query = request.query,
                         .headers = &headers,
                         .body = request.body,
                         .labels = request.labels};
  return decode(protocol, *aws::service_model(service), model_of(service, operation), wire);
}

/// "code: message" of the error that `f` throws; "" if it throws none.
template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const aws::Error& error) {
    return std::string(error.kind.code) + ": " + error.message;
  }
  return "";
}

inline std::string header_of(const WireResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return "";
}

}  // namespace cairn::api

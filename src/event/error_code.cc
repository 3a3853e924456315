#include "event/error_code.h"

#include <algorithm>
#include <array>

namespace cairn::event {
namespace {

constexpr auto kDenials = std::to_array<std::string_view>(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException", "UnauthorizedOperation"});
constexpr auto kThrottles = std::to_array<std::string_view>(
    {"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException"});

template <size_t n>
bool contains(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::string_view recorded_error_code(const aws::ServiceModel* service, const aws::OperationModel* operation, std::string_view code) {
  if (code.empty() || contains(kDenials, code)) return code.empty() ? code : "AccessDenied";
  if (service != nullptr && (service->key == "s3" || service->key == "s3control")) return code;
  if (operation != nullptr) {
    const aws::Shape* by_wire_code = nullptr;
    for (const aws::Shape* error : operation->errors) {
      if (error->name == code) return code;
      if (error->error_code == code && by_wire_code == nullptr) by_wire_code = error;
    }
    if (by_wire_code != nullptr) return by_wire_code->name;
  }
  return code == "ValidationError" ? "ValidationException" : code;
}

bool hides_parameters(std::string_view recorded_code) { return is_access_denied(recorded_code) || contains(kThrottles, recorded_code); }

bool is_access_denied(std::string_view recorded_code) { return recorded_code == "AccessDenied" || recorded_code == "VpceAccessDenied"; }

}  // namespace cairn::event

#pragma once
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cli/signed_http.h"

namespace cairn::cli {

/// Why a call brought no answer that could be used.
struct CallFailure {
  enum Kind { kUnreachable, kRefused } kind;  // kUnreachable: worth another try later
  std::string code;                           // of AWS's error; "" without one
  std::string message;                        // for a person, with what to do
};

/// Signed calls in AWS's JSON protocol, over connections that stay open. Any thread.
class Client {
 public:
  Client(Target target, const env::Clock& clock) : http_(std::move(target), clock) {}

  /// `target`: X-Amz-Target, as Cairn.SearchEvents.
  Result<Json, CallFailure> call(std::string_view service, std::string_view target, const Json& input);
  Result<Json, CallFailure> call(std::string_view service, std::string_view target, const Json& input, const aws::Region& region);
  /// The same, the answer as it comes: large ones are read faster otherwise.
  Result<std::string, CallFailure> ask(std::string_view service, std::string_view target, const Json& input, const aws::Region& region);
  const Target& target() const { return http_.target(); }

 private:
  SignedHttp http_;
};

}  // namespace cairn::cli

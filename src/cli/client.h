#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cli/trouble.h"
#include "cli/signed_http.h"

namespace cairn::cli {

/// Why a call brought no answer that could be used.
struct CallFailure {
  enum Kind { kUnreachable, kRefused } kind;  // kUnreachable: worth another try later
  std::string code;                           // of AWS's error; "" without one
  std::string message;                        // for a person, with what to do
};

/// What a command ends with that fails so.
ExitCode exit_code_of(const CallFailure& failure);

/// Signed calls in AWS's JSON protocol, over connections that stay open. Any thread.
class Client {
 public:
  Client(Target target, const env::Clock& clock) : http_(std::move(target), clock) {}

  /// `target`: X-Amz-Target, as Cairn.SearchEvents.
  Result<Json, CallFailure> call(std::string_view service, std::string_view target, const Json& input);
  Result<Json, CallFailure> call(std::string_view service, std::string_view target, const Json& input, const aws::Region& region);
  /// The same, the answer as it comes: large ones are read faster otherwise.
  Result<std::string, CallFailure> ask(std::string_view service, std::string_view target, const Json& input, const aws::Region& region);
  /// Returns at once. What is answered goes to `sink` piece by piece for as long as there is something to say, on a thread that waits for
  /// it; then `ended` is called, on any thread. Whoever ends this object ends the call.
  void stream(std::string_view service, std::string_view target, const Json& input, std::function<bool(std::string_view piece)> sink,
              std::function<void(Result<void, CallFailure>)> ended);
  const Target& target() const { return http_.target(); }

 private:
  SignedHttp http_;
};

}  // namespace cairn::cli

#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cli/target.h"
#include "env/clock.h"
#include "env/http_client.h"

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
  static constexpr size_t kAnswerBytesMax = 128 << 20;
  static constexpr std::chrono::seconds kCallTimeout{120};

  Client(Target target, const env::Clock& clock, std::unique_ptr<env::HttpClient> http = env::system_http_client());

  /// `target`: X-Amz-Target, as Cairn.SearchEvents.
  Result<Json, CallFailure> call(std::string_view service, std::string_view target, const Json& input);
  const Target& target() const { return target_; }

 private:
  Target target_;
  const env::Clock& clock_;
  std::unique_ptr<env::HttpClient> http_;
};

}  // namespace cairn::cli

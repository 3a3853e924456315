#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cli/target.h"
#include "env/clock.h"

namespace cairn::cli {

/// Why a call brought no answer that could be used.
struct CallFailure {
  enum Kind { kUnreachable, kRefused } kind;  // kUnreachable: worth another try later
  std::string code;                           // of AWS's error; "" without one
  std::string message;                        // for a person, with what to do
};

/// Signed calls in AWS's JSON protocol, one connection kept open. Not thread-safe.
class Client {
 public:
  static constexpr size_t kAnswerBytesMax = 128 << 20;
  static constexpr std::chrono::seconds kConnectTimeout{5}, kCallTimeout{120};

  Client(Target target, const env::Clock& clock);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// `target`: X-Amz-Target, as Cairn.SearchEvents.
  Result<Json, CallFailure> call(std::string_view service, std::string_view target, const Json& input);
  const Target& target() const { return target_; }

 private:
  struct Connection;
  Target target_;
  const env::Clock& clock_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace cairn::cli

#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/target.h"
#include "env/clock.h"
#include "env/http_client.h"

namespace cairn::cli {

/// Signed requests to the server that a target names, over connections that stay open. Any thread.
class SignedHttp {
 public:
  static constexpr std::chrono::seconds kCallTimeout{120};
  static constexpr size_t kAnswerBytesMax = 128 << 20;  // the largest log file that AWS delivers has 50 MB

  SignedHttp(Target target, const env::Clock& clock, std::unique_ptr<env::HttpClient> http = env::system_http_client())
      : target_(std::move(target)), clock_(clock), http_(std::move(http)) {}

  struct Request {
    std::string_view service, region;
    std::string method = "GET";
    std::string path = "/";  // as it goes on the wire, below the endpoint
    std::string query;       // the same, without '?'
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    std::shared_ptr<const std::string> body;  // null: none
  };
  struct Failure {
    bool too_long = false;  // else: no whole answer came
    std::string message;    // with what to do
  };
  /// Waits for the whole answer.
  Result<env::HttpAnswer, Failure> send(const Request& request);
  /// Returns at once. The body of a 200 goes to `sink` (env::HttpRequest) for however long it comes; then `ended` is called, on any thread.
  void stream(const Request& request, std::function<bool(std::string_view piece)> sink,
              std::function<void(Result<env::HttpAnswer, Failure>)> ended);
  const Target& target() const { return target_; }

 private:
  env::HttpRequest signed_request(const Request& request) const;
  Failure failure_of(const env::HttpFailure& failure) const;

  const Target target_;
  const env::Clock& clock_;
  std::unique_ptr<env::HttpClient> http_;
};

}  // namespace cairn::cli

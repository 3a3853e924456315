#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "aws/names.h"
#include "aws/principal.h"
#include "base/json.h"
#include "http/server.h"

namespace cairn::state {
class Transaction;
}

namespace cairn::api {

/// Calls that this server's own parts make of its services: routed, authorised, invoked and recorded like anyone's, but for the
/// signature, as the caller is known.
class Client {
 public:
  struct Request {
    aws::Principal principal;  // kService: `user_name` is the service principal, `source_arn` and `source_account` on whose behalf
    std::string service;       // as in a credential scope: s3
    aws::Region region;
    std::string method, target;                                // target: path and query string
    std::string host;                                          // as a client of AWS would have sent it
    std::vector<std::pair<std::string, std::string>> headers;  // others than Host and Content-Length
    std::string body;
    /// Changes of the caller's own that are to stand in the journal's entry of the call, if it succeeds: may run several times. `out`: the
    /// answer by model names.
    std::function<void(state::Transaction&, const Json& out)> along = nullptr;
    // Of calls that are made for a browser: where it is, and the host at which it has reached this server.
    http::Peer peer = {};
    std::string reached_at = {};
  };
  using Done = std::function<void(http::Response)>;
  virtual ~Client() = default;
  /// Returns at once. `done` is called once, on any thread, after the call's record is durable; it must be quick. Any thread.
  virtual void call(Request request, Done done) = 0;
};

}  // namespace cairn::api

#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

/// Calls to HTTP servers elsewhere. The simulated twin (env/sim/http_client.h) plays servers that answer, stall or are gone.
namespace cairn::env {

struct HttpRequest {
  std::string method = "GET";
  std::string url;                                           // http:// or https://, encoded as it goes on the wire
  std::vector<std::pair<std::string, std::string>> headers;  // Content-Length and, if absent, Host are added
  std::shared_ptr<const std::string> body;                   // null: none
  std::string ca_bundle;                                     // PEM file of what is trusted instead of the system's authorities; "": those
  /// Whose certificates are good: those of the above, or one alone, or anybody's: then the answer tells whose it was, and nothing in it
  /// is to be believed. The name in a certificate must fit in any case.
  enum class Trust { kSystem, kAuthority, kNobody } trust = Trust::kSystem;
  std::string authority;                      // kAuthority: it, in PEM
  std::chrono::milliseconds timeout{60'000};  // of the whole call, from its start on the wire; 0: none
  size_t answer_bytes_max = 1 << 20;          // of the answer's body
  /// Takes the body of a 200 piece by piece, as it comes: HttpAnswer::body stays empty then, and how long it is does not matter. Called on
  /// the client's thread, which does and reads nothing else until it returns, so a slow one slows the sender. False: the call fails with
  /// kBroken.
  std::function<bool(std::string_view piece)> sink = nullptr;
};

struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in order
  std::string body;
  std::vector<std::string> certificates;  // Trust::kNobody: the server's chain in PEM, its own first

  std::string_view header(std::string_view name) const;  // of a name in lower case; "" if absent
};

/// Why there was no answer. The server may have done what was asked all the same, unless it is kUnreachable or kBusy.
struct HttpFailure {
  enum Kind {
    kUnreachable,  // no connection: name, port, route, certificate
    kBroken,       // the connection ended before the answer did, or what came is no HTTP
    kTimeout,      // HttpRequest::timeout passed
    kTooLong,      // more than answer_bytes_max (headers: kHeaderBytesMax)
    kBusy,         // too many calls wait already; nothing was sent
  } kind;
  std::string message;  // for a person, without the URL
};

/// Any thread. Redirections are not followed: what was signed for one server is not for another.
class HttpClient {
 public:
  static constexpr size_t kHeaderBytesMax = 64 << 10;
  using Done = std::function<void(Result<HttpAnswer, HttpFailure>)>;
  virtual ~HttpClient() = default;  // calls that have no answer yet fail with kBroken
  /// Returns at once. `done` is called exactly once, on any thread, perhaps before the return; it is quick and may call `send`.
  virtual void send(HttpRequest request, Done done) = 0;
};

struct HttpClientOptions {
  size_t calls_max = 64;                             // on the wire at once; further ones wait
  size_t calls_per_server_max = 16;                  // the same for one scheme, host and port: a silent one does not hold up others
  size_t waiting_max = 1024;                         // beyond it calls fail with kBusy
  std::chrono::milliseconds connect_timeout{5'000};  // name, TCP and TLS
  /// Asked about each address that a name has resolved to before it is connected to: why it must not be, or "". No proxy is used then.
  /// null: any address.
  std::function<std::string(std::string_view address)> refuse = nullptr;
};
/// One thread for all calls; connections are kept and used again.
std::unique_ptr<HttpClient> system_http_client(HttpClientOptions options = {});

/// Sends and waits. Not from inside a `done`.
Result<HttpAnswer, HttpFailure> ask(HttpClient& client, HttpRequest request);

}  // namespace cairn::env

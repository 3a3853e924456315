#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "env/clock.h"

/// HTTP/1.1 and TLS: sockets to requests and back. The only asynchronous module; knows nothing of AWS.
namespace cairn::http {

struct Header {
  std::string_view name;   // as sent
  std::string_view value;  // blanks at both ends removed
};

/// The request line and headers, raw: SigV4 needs the bytes as they came. Views live as long as the Exchange.
struct Head {
  std::string_view method, target;
  std::string_view path, query;  // target split at the first '?'; not decoded
  std::vector<Header> headers;
  std::optional<uint64_t> content_length;
  bool chunked = false;
  bool expect_continue = false;
  bool keep_alive = true;
  bool http_1_0 = false;

  std::optional<std::string_view> header(std::string_view name) const;  // the first of that name, ignoring case
};

struct TlsInfo {
  std::string version;       // TLSv1.2, TLSv1.3
  std::string cipher_suite;  // OpenSSL's name (TLS 1.3: TLS_AES_128_GCM_SHA256)
};

struct Peer {
  std::string address;  // 127.0.0.1
  uint16_t port = 0;
  std::optional<TlsInfo> tls;
};

/// Why a body ended early.
enum class BodyFailure { kClosed, kTimeout, kMalformed, kTooLarge };

/// Body bytes in order, as they arrive, for streamed requests. `read` blocks: pool threads only.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// 0 bytes: the body is complete and had its declared length.
  virtual Result<size_t, BodyFailure> read(std::span<char> out) = 0;
};

/// Answer bytes of known length, pulled on a pool thread of the server; may block on disk.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual Result<size_t> read(std::span<char> out) = 0;
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // Content-Length, Connection and Date are added by the server
  std::string body;
  std::unique_ptr<BodySource> source;  // instead of body: `source_bytes` bytes, then the end
  uint64_t source_bytes = 0;
  bool head_only = false;                  // send Content-Length of the body, but no body (HEAD)
  std::optional<uint64_t> content_length;  // HEAD answers: the length to declare
  bool close = false;                      // close the connection afterwards
  std::shared_ptr<void> keep;              // let go on the io thread, once the answer was taken for sending
};

/// One request and its answer. Made by the server, shared with whoever answers; `respond` exactly once, from any thread. Dropping
/// the last reference without an answer sends 500 and closes.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const Head& head() const = 0;
  virtual const Peer& peer() const = 0;
  virtual std::string& body() = 0;   // kBuffered: the whole body
  virtual BodyReader& reader() = 0;  // kStreamed; sends 100 Continue at the first read if the client waits for it
  virtual void respond(Response response) = 0;
  /// Bytes of body taken off the wire so far.
  virtual uint64_t body_bytes() const = 0;

  std::shared_ptr<void> attachment;  // the handler's own, from begin to handle; the server never looks at it
};

class Handler {
 public:
  struct Plan {
    enum Kind { kBuffered, kStreamed, kAnswered } kind = kBuffered;  // kAnswered: respond() was called already, drop the body
    uint64_t bytes_max = 1 << 20;                                    // kBuffered: beyond it `too_large` is called; kStreamed: no limit here
  };
  virtual ~Handler() = default;
  /// After the head, before any body byte (and before 100 Continue). On an io thread: must not block.
  virtual Plan begin(const std::shared_ptr<Exchange>& exchange) = 0;
  /// kBuffered: the body is whole; kStreamed: right after begin. On an io thread: must not block; answer now or later.
  virtual void handle(const std::shared_ptr<Exchange>& exchange) = 0;
  /// A buffered body that ended early or was too large: answer it. Same thread rules.
  virtual void body_failed(const std::shared_ptr<Exchange>& exchange, BodyFailure failure) = 0;
};

struct Options {
  std::string address = "127.0.0.1";
  uint16_t port = 4566;                            // 0: any free one, see Server::port
  std::string tls_certificate_file, tls_key_file;  // PEM; both empty: plain HTTP
  int io_threads = 1;
  int source_threads = 2;            // pull BodySources
  size_t connections_max = 4096;     // further ones are closed at once
  size_t head_bytes_max = 64 << 10;  // request line and headers together; above: 431
  size_t headers_max = 200;
  size_t stream_buffer_bytes = 256 << 10;         // per streamed body, between socket and reader
  size_t buffered_bytes_max = 256 << 20;          // all buffered bodies together; above: 503
  std::chrono::milliseconds head_timeout{15000};  // from the first byte to the head's end
  std::chrono::milliseconds idle_timeout{75000};  // keep-alive, between requests
  std::chrono::milliseconds body_timeout{30000};  // without any progress of body or answer
};

class Server {
 public:
  /// Binds and listens; serves from `start` on.
  static Result<std::unique_ptr<Server>> listen(const Options& options, Handler& handler, const env::Clock& clock);
  virtual ~Server() = default;
  virtual uint16_t port() const = 0;
  virtual void start() = 0;
  virtual void stop(std::chrono::milliseconds grace) = 0;  // no new requests; lets running ones end within `grace`
  struct Counters {
    uint64_t connections = 0, requests = 0, refused_connections = 0, bad_requests = 0, timeouts = 0;
    uint64_t open_connections = 0;
  };
  virtual Counters counters() const = 0;
};

}  // namespace cairn::http

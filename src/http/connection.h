#pragma once
#include <memory>
#include <optional>
#include <string>

#include "http/answer.h"
#include "http/exchange.h"
#include "http/io_thread.h"
#include "http/parser.h"

namespace cairn::http {

/// A coroutine that waits for `resume`, which runs it on the spot and destroys this.
struct Parked {
  virtual void resume() = 0;
  virtual ~Parked() = default;
};

/// One accepted socket: reads requests, hands them to the handler, writes answers, one after the other. Lives on its io thread;
/// its coroutine keeps it alive. Calls that are parked outlive it through their Exchange.
/// About its coroutines: gcc 12.2 at -O2 miscompiles `if (co_await a()) co_await b();` (a trap on the second resumption). So no
/// co_await stands in a condition, and each that depends on one stands in braces.
class Connection {
 public:
  Connection(std::shared_ptr<IoThread> io, Socket socket, Peer peer);
  ~Connection();

  Awaitable<void> run(std::shared_ptr<Connection> self);

  // Events, from the io thread.
  void woken();  // the exchange has an answer, wants its body, has room, or has bytes to send
  void check_deadline(std::chrono::nanoseconds now);
  void stop_if_idle();
  void abort();

  size_t slot = 0;  // IoThread's

 private:
  static constexpr size_t kTransferBytes = 64 << 10;  // one read of a body
  static constexpr size_t kJoinBytesMax = 64 << 10;   // up to here head and body leave in one write

  /// Where in the current request's body we are.
  static constexpr auto kNoDeadline = std::chrono::nanoseconds::max();
  static constexpr size_t kProgressBytes = 16 << 10;  // of a body, within body_timeout
  struct BodyState {
    bool chunked = false, done = true, bad = false;
    bool continue_owed = false;                       // the client waits for 100 Continue
    bool given_up = false;                            // failed: what may still come cannot be told from the next request
    uint64_t left = 0;                                // not chunked: bytes to come
    std::chrono::nanoseconds deadline = kNoDeadline;  // for the next kProgressBytes, or what is left
    size_t moved = 0;                                 // since that began to run
    ChunkedDecoder decoder;
  };
  enum class HeadOutcome { kRequest, kEnd };
  /// What became of a buffered body.
  struct Buffered {
    std::optional<BodyFailure> failure;
    bool no_memory = false;
  };

  Awaitable<void> serve();
  Awaitable<bool> handshake();
  Awaitable<HeadOutcome> read_head(ParsedHead& parsed);
  Awaitable<void> refuse(int status);
  Awaitable<Buffered> receive_body(uint64_t bytes_max);
  Awaitable<void> pump_body();
  Awaitable<bool> discard_body();
  Awaitable<bool> answer(Response response);
  Awaitable<bool> send_source(Response response);
  Awaitable<bool> send_live(Response response, bool chunked);
  Awaitable<void> pause(std::chrono::milliseconds time);
  Awaitable<bool> send_continue();
  Awaitable<bool> write(std::string_view bytes);
  Awaitable<size_t> read_some(asio::mutable_buffer into, error_code& problem);
  Awaitable<void> linger();
  Awaitable<void> park();

  void begin_body(const Head& head);
  bool must_close(const Response& response);
  std::optional<Buffered> buffer_body(std::string_view& bytes, uint64_t bytes_max);
  size_t feed_body(std::string_view bytes, std::string& out);
  std::string_view transfer(size_t bytes) const { return {transfer_.get(), bytes}; }
  asio::mutable_buffer transfer_space(size_t bytes_max);
  void next_request();
  void arm(std::chrono::milliseconds timeout);
  void arm_body();
  void body_moved(size_t bytes);
  void disarm();
  Handler& handler() { return *io_->shared().handler; }
  const Options& options() { return io_->shared().options; }

  std::shared_ptr<IoThread> io_;
  Socket socket_;
  std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
  std::shared_ptr<Peer> peer_;
  std::shared_ptr<ExchangeImpl> exchange_;

  BodyState body_;
  std::unique_ptr<char[]> transfer_;  // body bytes just off the socket; only while a body comes
  std::string carry_;                 // read beyond a chunked body: the next request's first bytes
  std::string out_;

  Parked* parked_ = nullptr;
  std::chrono::nanoseconds deadline_ = std::chrono::nanoseconds::max();
  bool timed_out_ = false;
  bool idle_ = false;              // between requests, nothing read of the next
  bool answer_ends_read_ = false;  // an answer calls the pending read off
  bool aborted_ = false;
};

}  // namespace cairn::http

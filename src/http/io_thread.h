#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "http/asio.h"
#include "http/server.h"

namespace cairn::http {

class Connection;
class ExchangeImpl;

/// What a server's threads share. Exchanges that handlers keep may outlive the server: then only `options` and
/// `buffered_bytes` are used.
struct Shared {
  Options options;
  Handler* handler = nullptr;
  const env::Clock* clock = nullptr;
  asio::thread_pool* sources = nullptr;
  std::unique_ptr<asio::ssl::context> tls;  // null: plain HTTP

  std::atomic<size_t> buffered_bytes{0};
  std::atomic<uint64_t> connections{0}, requests{0}, refused_connections{0}, bad_requests{0}, timeouts{0};
  std::atomic<uint64_t> open_connections{0};
  std::mutex mutex;
  std::condition_variable all_closed;  // with `mutex`: open_connections fell to 0
};

/// One event loop with its connections. Everything is for its own thread unless it says otherwise.
class IoThread : public std::enable_shared_from_this<IoThread> {
 public:
  explicit IoThread(std::shared_ptr<Shared> shared);
  ~IoThread();

  Shared& shared() { return *shared_; }             // any thread
  asio::io_context& context() { return context_; }  // any thread
  void run();                                       // until release(), and all connections are gone
  /// Has `exchange`'s connection look at what changed. Any thread; the first of a batch posts, the others ride along.
  void wake(std::shared_ptr<ExchangeImpl> exchange);

  void serve(Socket socket, Peer peer);
  void add(Connection* connection);
  void remove(Connection* connection);

  /// The moment `timeout` from now, to the granularity of the sweep and never sooner. Reads no clock.
  std::chrono::nanoseconds deadline(std::chrono::milliseconds timeout) const { return now_ + timeout + sweep_every_; }
  /// "Date: ...\r\n", made once a second.
  std::string_view date_line();

  bool stopping() const { return stopping_; }
  void stop_gently();                // idle connections close, others after their answer
  void abort_all();                  // at once
  void release() { work_.reset(); }  // any thread

 private:
  void drain();
  void arm_sweep();
  void sweep();

  std::shared_ptr<Shared> shared_;
  asio::io_context context_{1};
  asio::executor_work_guard<Executor> work_{context_.get_executor()};
  Timer sweep_timer_{context_};
  std::chrono::nanoseconds sweep_every_;
  std::chrono::nanoseconds now_{0};
  bool sweeping_ = false, stopping_ = false;
  std::vector<Connection*> connections_;
  std::chrono::sys_seconds date_{};
  std::string date_line_;

  std::mutex mutex_;  // guards the next two
  std::vector<std::shared_ptr<ExchangeImpl>> woken_;
  bool closed_ = false;
  std::vector<std::shared_ptr<ExchangeImpl>> draining_;
};

}  // namespace cairn::http

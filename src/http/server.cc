#include "http/server.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/socket.h>

#include <future>
#include <thread>

#include "http/io_thread.h"

namespace cairn::http {
namespace {

constexpr std::chrono::milliseconds kAcceptPause{50};  // after a failed accept (no file descriptors left)

/// Clients that offer protocols get http/1.1; those that offer only others go on without one.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_bytes, const unsigned char* in, unsigned in_bytes, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_bytes, kOurs, sizeof kOurs - 1, in, in_bytes) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Result<std::unique_ptr<asio::ssl::context>> make_tls(const Options& options) {
  std::unique_ptr<asio::ssl::context> none;
  if (options.tls_certificate_file.empty() && options.tls_key_file.empty()) return none;
  if (options.tls_certificate_file.empty() || options.tls_key_file.empty()) {
    return failure("TLS needs both a certificate and a key file");
  }
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* const native = tls->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  error_code problem;
  tls->use_certificate_chain_file(options.tls_certificate_file, problem);
  if (problem) return failure("cannot use the TLS certificate {}: {}", options.tls_certificate_file, problem.message());
  tls->use_private_key_file(options.tls_key_file, asio::ssl::context::pem, problem);
  if (problem) return failure("cannot use the TLS key {}: {}", options.tls_key_file, problem.message());
  return tls;
}

/// Runs `f` on the thread's loop and waits for it.
template <class F>
void run_there(IoThread& io, F f) {
  std::promise<void> done;
  asio::post(io.context(), [&] {
    f();
    done.set_value();
  });
  done.get_future().wait();
}

Peer make_peer(const asio::ip::tcp::endpoint& endpoint) {
  asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return Peer{address.to_string(), endpoint.port(), std::nullopt};
}

class ServerImpl final : public Server {
 public:
  explicit ServerImpl(std::shared_ptr<Shared> shared) : shared_(std::move(shared)), sources_(shared_->options.source_threads) {
    shared_->sources = &sources_;
    for (int i = 0; i < shared_->options.io_threads; ++i) io_.push_back(std::make_shared<IoThread>(shared_));
    acceptor_.emplace(io_[0]->context());
    accept_pause_.emplace(io_[0]->context());
  }
  ~ServerImpl() override { stop(std::chrono::milliseconds(0)); }

  Result<void> open() {
    const Options& options = shared_->options;
    error_code problem;
    const asio::ip::address address = asio::ip::make_address(options.address, problem);
    if (problem) return failure("cannot listen on '{}': not an IP address", options.address);
    const asio::ip::tcp::endpoint endpoint(address, options.port);
    acceptor_->open(endpoint.protocol(), problem);
    if (!problem) acceptor_->set_option(Acceptor::reuse_address(true), problem);
    if (!problem) acceptor_->bind(endpoint, problem);
    if (!problem) acceptor_->listen(SOMAXCONN, problem);
    if (problem) {
      const char* advice = problem == asio::error::address_in_use ? "; give this server another port (0: any free one)" : "";
      return failure("cannot listen on {}:{}: {}{}", options.address, options.port, problem.message(), advice);
    }
    port_ = acceptor_->local_endpoint().port();
    return {};
  }

  uint16_t port() const override { return port_; }

  void start() override {
    asio::co_spawn(io_[0]->context(), accept(), asio::detached);
    for (size_t i = 0; i < io_.size(); ++i) {
      threads_.emplace_back([io = io_[i], i] {
        pthread_setname_np(pthread_self(), ("http-" + std::to_string(i)).c_str());
        io->run();
      });
    }
  }

  void stop(std::chrono::milliseconds grace) override {
    if (threads_.empty()) return;
    run_there(*io_[0], [this] {
      stopping_ = true;
      error_code ignored;
      acceptor_->close(ignored);
      accept_pause_->cancel();
    });
    for (const auto& io : io_) run_there(*io, [&] { io->stop_gently(); });
    {
      std::unique_lock lock(shared_->mutex);
      shared_->all_closed.wait_for(lock, grace, [this] { return shared_->open_connections == 0; });
    }
    for (const auto& io : io_) run_there(*io, [&] { io->abort_all(); });
    for (const auto& io : io_) io->release();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    sources_.join();
  }

  Counters counters() const override {
    Counters counters;
    counters.connections = shared_->connections;
    counters.requests = shared_->requests;
    counters.refused_connections = shared_->refused_connections;
    counters.bad_requests = shared_->bad_requests;
    counters.timeouts = shared_->timeouts;
    counters.open_connections = shared_->open_connections;
    return counters;
  }

 private:
  Awaitable<void> accept() {
    size_t turn = 0;
    while (!stopping_) {
      IoThread& io = *io_[turn++ % io_.size()];
      Socket socket(io.context());
      asio::ip::tcp::endpoint endpoint;
      error_code problem;
      co_await acceptor_->async_accept(socket, endpoint, asio::redirect_error(kAwait, problem));
      if (stopping_) break;
      if (problem) {
        accept_pause_->expires_after(kAcceptPause);
        co_await accept_pause_->async_wait(asio::redirect_error(kAwait, problem));
        continue;
      }
      if (shared_->open_connections >= shared_->options.connections_max) {
        ++shared_->refused_connections;
        continue;
      }
      ++shared_->open_connections;
      ++shared_->connections;
      error_code ignored;
      socket.set_option(asio::ip::tcp::no_delay(true), ignored);
      socket.non_blocking(true, ignored);
      asio::dispatch(io.context(), Welcome(io, std::move(socket), make_peer(endpoint)));
    }
  }

  /// Takes an accepted socket to its thread.
  struct Welcome {
    IoThread* io;
    Socket socket;
    Peer peer;
    Welcome(IoThread& i, Socket&& s, Peer&& p) : io(&i), socket(std::move(s)), peer(std::move(p)) {}
    void operator()() { io->serve(std::move(socket), std::move(peer)); }
  };

  std::shared_ptr<Shared> shared_;
  asio::thread_pool sources_;
  std::vector<std::shared_ptr<IoThread>> io_;
  std::optional<Acceptor> acceptor_;
  std::optional<Timer> accept_pause_;
  std::vector<std::thread> threads_;
  uint16_t port_ = 0;
  bool stopping_ = false;  // io_[0]'s thread
};

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(const Options& options, Handler& handler, const env::Clock& clock) {
  auto shared = std::make_shared<Shared>();
  shared->options = options;
  shared->options.io_threads = std::max(1, options.io_threads);
  shared->options.source_threads = std::max(1, options.source_threads);
  shared->handler = &handler;
  shared->clock = &clock;
  auto tls = make_tls(options);
  if (!tls) return tl::unexpected(tls.error());
  shared->tls = std::move(*tls);
  auto server = std::make_unique<ServerImpl>(std::move(shared));
  if (auto opened = server->open(); !opened) return tl::unexpected(opened.error());
  return server;
}

}  // namespace cairn::http

#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "base/text.h"
#include "env/clock.h"
#include "http/server.h"

/// What the tests of this module share: a server on a free port, handlers made of functions, a client that sends exact bytes.
namespace cairn::http {

/// The date is RFC 9110's example; intervals are real.
class ExampleClock : public env::Clock {
 public:
  Time now() const override { return Time(std::chrono::seconds(784111777)); }
  std::chrono::nanoseconds steady() const override { return env::system_clock().steady(); }
};

class FunctionHandler : public Handler {
 public:
  using Shared = std::shared_ptr<Exchange>;
  std::function<Plan(const Shared&)> on_begin = [](const Shared&) { return Plan{}; };
  std::function<void(const Shared&)> on_handle = [](const Shared& exchange) { exchange->respond({.body = exchange->body()}); };
  std::function<void(const Shared&, BodyFailure)> on_failure = [](const Shared& exchange, BodyFailure failure) {
    exchange->respond({.status = failure == BodyFailure::kTooLarge ? 413 : failure == BodyFailure::kTimeout ? 408 : 400});
  };
  Plan begin(const Shared& exchange) override { return on_begin(exchange); }
  void handle(const Shared& exchange) override { on_handle(exchange); }
  void body_failed(const Shared& exchange, BodyFailure failure) override { on_failure(exchange, failure); }
};

inline Response text_response(std::string body, int status = 200) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

/// Reads a streamed body to its end.
inline Result<std::string, BodyFailure> read_all(BodyReader& reader, size_t step = 10000) {
  std::string all;
  std::string piece(step, '\0');
  for (;;) {
    const Result<size_t, BodyFailure> n = reader.read(piece);
    if (!n) return tl::unexpected(n.error());
    if (*n == 0) return all;
    all.append(piece, 0, *n);
  }
}

class Client {
 public:
  struct Answer {
    int status = 0;                              // 0: the connection ended instead
    std::map<std::string, std::string> headers;  // lower-case names
    std::string body, head;
  };

  explicit Client(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{20, 0};  // a broken server fails the test instead of hanging it
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  Client(const Client&) = delete;
  ~Client() { close(); }

  int fd() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void end_sending() { shutdown(fd_, SHUT_WR); }

  /// False when the server closed meanwhile.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  Answer read_answer(bool head_request = false) {
    Answer answer;
    size_t end;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return answer;
    }
    answer.head = received_.substr(0, end + 4);
    received_.erase(0, end + 4);
    size_t length = 0;
    for (std::string_view line : text::split(answer.head, '\n')) {
      line = text::trim(line);
      if (answer.status == 0) {
        answer.status = std::stoi(std::string(line.substr(9, 3)));
        continue;
      }
      const size_t colon = line.find(':');
      if (colon == std::string_view::npos) continue;
      answer.headers[text::lower(line.substr(0, colon))] = text::trim(line.substr(colon + 1));
    }
    if (answer.headers.contains("content-length")) length = std::stoul(answer.headers["content-length"]);
    if (head_request || answer.status == 204 || answer.status == 304 || answer.status < 200) return answer;
    while (received_.size() < length && receive()) {
    }
    answer.body = received_.substr(0, length);
    received_.erase(0, length);
    return answer;
  }

  Answer ask(std::string_view bytes, bool head_request = false) {
    EXPECT_TRUE(send(bytes));
    return read_answer(head_request);
  }

  /// Everything up to the close. A reset counts as a close.
  std::string read_to_end() {
    while (receive()) {
    }
    return std::exchange(received_, {});
  }

  bool saw_reset() const { return reset_; }

 private:
  bool receive() {
    char bytes[65536];
    const ssize_t n = recv(fd_, bytes, sizeof bytes, 0);
    if (n < 0) {
      EXPECT_NE(errno, EAGAIN) << "the server neither answered nor closed";
      reset_ = errno == ECONNRESET;
    }
    if (n <= 0) return false;
    received_.append(bytes, static_cast<size_t>(n));
    return true;
  }

  int fd_;
  std::string received_;
  bool reset_ = false;
};

class LoopbackTest : public testing::Test {
 protected:
  LoopbackTest() {
    options.port = 0;
    options.io_threads = 2;
  }
  ~LoopbackTest() override {
    if (server) server->stop(std::chrono::seconds(5));
  }

  uint16_t start() {
    Result<std::unique_ptr<Server>> listening = Server::listen(options, handler, clock);
    EXPECT_TRUE(listening) << listening.error().message;
    server = std::move(*listening);
    server->start();
    return server->port();
  }

  ExampleClock clock;
  Options options;
  FunctionHandler handler;
  std::unique_ptr<Server> server;
};

}  // namespace cairn::http

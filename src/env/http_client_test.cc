#include "env/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "env/sim/http_client.h"
#include "env/sim/random.h"
#include "env/sim/tasks.h"

namespace cairn::env {
namespace {

using namespace std::chrono_literals;

/// A server of raw bytes on loopback: `answer` gets a whole request and gives what goes back; "" closes without a word.
class RawServer {
 public:
  using Answer = std::function<std::string(const std::string& request)>;
  explicit RawServer(Answer answer) : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_, 64), 0);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~RawServer() {
    shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    for (const int connection : open_) shutdown(connection, SHUT_RDWR);
    for (std::thread& thread : serving_) thread.join();
    for (const int connection : open_) close(connection);
    close(listener_);
  }
  const std::string& url() const { return url_; }
  int connections() const { return connections_; }
  std::string last_request() const {
    std::lock_guard lock(mutex_);
    return last_request_;
  }

 private:
  void accept_all() {
    for (;;) {
      const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      ++connections_;
      open_.push_back(connection);
      serving_.emplace_back([this, connection] { serve(connection); });
    }
  }
  void serve(int connection) {
    for (std::string in;;) {
      size_t head = in.find("\r\n\r\n"), whole = head + 4;
      if (head != std::string::npos) {
        if (const size_t length = in.find("Content-Length: "); length < head) whole += std::stoul(in.substr(length + 16));
      }
      if (head != std::string::npos && in.size() >= whole) {
        const std::string request = in.substr(0, whole);
        in.erase(0, whole);
        {
          std::lock_guard lock(mutex_);
          last_request_ = request;
        }
        const std::string out = answer_(request);
        if (out.empty() || ::send(connection, out.data(), out.size(), MSG_NOSIGNAL) < 0) break;
        continue;
      }
      char buffer[65536];
      const ssize_t n = recv(connection, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      in.append(buffer, static_cast<size_t>(n));
    }
    shutdown(connection, SHUT_RDWR);
  }

  Answer answer_;
  int listener_;
  std::string url_;
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::string last_request_;  // under mutex_
  std::vector<int> open_;     // the accepting thread's, until it has ended
  std::vector<std::thread> serving_;
  std::thread accepting_;
};

std::string ok(std::string_view body, std::string_view headers = "") {
  return fmt::format("HTTP/1.1 200 OK\r\n{}Content-Length: {}\r\n\r\n{}", headers, body.size(), body);
}

TEST(HttpClient, AsksAboutEachAddressBeforeItConnects) {
  RawServer server([](const std::string&) { return ok("in"); });
  std::mutex mutex;
  std::set<std::string> asked;
  std::atomic<bool> allowed{false};
  const std::unique_ptr<HttpClient> client = system_http_client({.refuse = [&](std::string_view address) -> std::string {
    std::lock_guard lock(mutex);
    asked.emplace(address);
    return allowed ? "" : "not there";
  }});
  for (const std::string& url : {server.url(), "http://localhost" + server.url().substr(server.url().rfind(':'))}) {
    const auto answer = ask(*client, {.url = url});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, HttpFailure::kUnreachable);
    EXPECT_EQ(answer.error().message, "not there");
  }
  EXPECT_EQ(server.connections(), 0);
  EXPECT_TRUE(asked.contains("127.0.0.1"));
  allowed = true;
  EXPECT_EQ(ask(*client, {.url = server.url()}).value().body, "in");
}

TEST(HttpClient, SendsAndReadsWhole) {
  RawServer server([](const std::string&) { return ok("there you are", "X-Amz-Request-Id: 7 \r\nEmpty:\r\n"); });
  const auto client = system_http_client();
  const auto answer = ask(*client, {.method = "PUT",
                                    .url = server.url() + "/a%20b/../c?x=%2F",
                                    .headers = {{"Host", "else.example"}, {"x-amz-acl", "private"}, {"x-amz-meta-none", ""}},
                                    .body = std::make_shared<const std::string>(std::string("a\0b", 3))});
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "there you are");
  EXPECT_EQ(answer->header("x-amz-request-id"), "7");
  EXPECT_EQ(answer->header("absent"), "");
  const std::string seen = server.last_request();
  EXPECT_TRUE(seen.starts_with("PUT /a%20b/../c?x=%2F HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("\r\nHost: else.example\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("\r\nx-amz-acl: private\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("\r\nx-amz-meta-none:\r\n"), std::string::npos) << "an empty value is sent, since it was signed: " << seen;
  EXPECT_EQ(seen.find("Content-Type"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("Expect"), std::string::npos) << seen;
  EXPECT_TRUE(seen.ends_with(std::string_view("\r\n\r\na\0b", 7))) << seen;
}

TEST(HttpClient, AnEmptyPutSaysSo) {
  RawServer server([](const std::string&) { return ok(""); });
  const auto client = system_http_client();
  ASSERT_TRUE(ask(*client, {.method = "PUT", .url = server.url() + "/"}).has_value());
  EXPECT_NE(server.last_request().find("Content-Length: 0\r\n"), std::string::npos) << server.last_request();
}

TEST(HttpClient, HeadHasNoBodyAndRedirectionsAreNotFollowed) {
  RawServer server([](const std::string& request) -> std::string {
    if (request.starts_with("HEAD")) return "HTTP/1.1 404 Not Found\r\nContent-Length: 500\r\n\r\n";
    return "HTTP/1.1 301 Moved Permanently\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
  });
  const auto client = system_http_client();
  EXPECT_EQ(ask(*client, {.method = "HEAD", .url = server.url() + "/b", .timeout = 5s})->status, 404);
  EXPECT_EQ(ask(*client, {.url = server.url() + "/"})->status, 301);
}

TEST(HttpClient, KeepsConnections) {
  RawServer server([](const std::string&) { return ok("x"); });
  const auto client = system_http_client();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ask(*client, {.url = server.url() + "/"}).has_value());
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, NobodyListens) {
  std::string url;
  {
    RawServer server([](const std::string&) { return ""; });
    url = server.url();
  }
  const auto client = system_http_client();
  for (const std::string& gone : {url, std::string("http://name.invalid"), std::string("http://["), std::string("ftp://127.0.0.1/")}) {
    const auto answer = ask(*client, {.url = gone + "/"});
    ASSERT_FALSE(answer.has_value()) << gone;
    EXPECT_EQ(answer.error().kind, HttpFailure::kUnreachable) << gone << answer.error().message;
    EXPECT_NE(answer.error().message, "");
  }
}

TEST(HttpClient, BreaksAndNonsense) {
  const auto client = system_http_client();
  for (const char* broken : {"", "HTTP/1.1 200 OK\r\nContent-Le", "garbage\r\n\r\n"}) {
    RawServer server([broken](const std::string&) { return broken; });
    const auto answer = ask(*client, {.url = server.url() + "/", .timeout = 300ms});
    ASSERT_FALSE(answer.has_value()) << broken;
    EXPECT_TRUE(answer.error().kind == HttpFailure::kBroken || answer.error().kind == HttpFailure::kTimeout) << answer.error().message;
  }
}

TEST(HttpClient, AnswersHaveBounds) {
  std::string headers;
  for (int i = 0; i < 80; ++i) headers += fmt::format("x-{}: {}\r\n", i, std::string(1000, 'y'));
  RawServer server(
      [&](const std::string& request) { return request.starts_with("GET /headers ") ? ok("", headers) : ok(std::string(1001, 'x')); });
  const auto client = system_http_client();
  auto answer = ask(*client, {.url = server.url() + "/", .answer_bytes_max = 1001});
  EXPECT_TRUE(answer.has_value());
  answer = ask(*client, {.url = server.url() + "/", .answer_bytes_max = 1000});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, HttpFailure::kTooLong);
  answer = ask(*client, {.url = server.url() + "/headers"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, HttpFailure::kTooLong);
}

/// Holds all answers back until let go.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  int inside = 0;
  void pass() {
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    changed.wait(lock, [this] { return open; });
  }
  void await_inside(int n) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return inside >= n; });
  }
  void let_go() {
    std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
};

TEST(HttpClient, ASinkGetsAnAnswerAsItComes) {
  constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";
  RawServer server([&](const std::string& request) -> std::string {
    if (request.starts_with("GET /refused ")) return "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nwhy";
    if (!request.starts_with("GET /more ")) return std::string(kHead);
    return "HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + std::string(3'000'000, 'x');
  });
  std::mutex mutex;
  std::condition_variable changed;
  std::string taken;
  const auto take = [&](std::string_view piece) {
    const std::lock_guard lock(mutex);
    taken += piece;
    changed.notify_all();
    return true;
  };
  {
    const auto client = system_http_client();
    std::optional<HttpFailure::Kind> ended;
    client->send({.url = server.url() + "/", .timeout = 0ms, .sink = take}, [&](const Result<HttpAnswer, HttpFailure>& answer) {
      const std::lock_guard lock(mutex);
      ended = answer.error().kind;
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return taken == "first"; });  // though the answer has not ended, and never will
    EXPECT_FALSE(ended);
    lock.unlock();
  }
  taken.clear();
  const auto client = system_http_client();
  const auto refused = ask(*client, {.url = server.url() + "/refused", .sink = take});
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 403);
  EXPECT_EQ(refused->body, "why") << "what is no 200 is an answer like any";
  EXPECT_EQ(taken, "");
  const auto large = ask(*client, {.url = server.url() + "/more", .answer_bytes_max = 10, .sink = take});
  ASSERT_TRUE(large.has_value()) << large.error().message;
  EXPECT_EQ(large->body, "");
  EXPECT_EQ(taken.size(), 3'000'000);
  const auto enough = ask(*client, {.url = server.url() + "/more", .sink = [](std::string_view) { return false; }});
  ASSERT_FALSE(enough.has_value());
  EXPECT_EQ(enough.error().kind, HttpFailure::kBroken);
}

TEST(HttpClient, SilenceEndsByTimeout) {
  Gate gate;
  RawServer server([&](const std::string&) { return gate.pass(), ok(""); });
  const auto client = system_http_client();
  const auto answer = ask(*client, {.url = server.url() + "/", .timeout = 50ms});
  gate.let_go();
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, HttpFailure::kTimeout);
}

TEST(HttpClient, CallsOnTheWireAndWaitingOnesAreBounded) {
  Gate gate;
  RawServer server([&](const std::string&) { return gate.pass(), ok(""); });
  std::atomic<int> answered{0}, busy{0};
  const auto client = system_http_client({.calls_max = 2, .waiting_max = 3});
  const auto count = [&](const Result<HttpAnswer, HttpFailure>& answer) {
    if (answer) ++answered, answered.notify_all();
    else if (answer.error().kind == HttpFailure::kBusy) ++busy;
  };
  for (int i = 0; i < 2; ++i) client->send({.url = server.url() + "/"}, count);
  gate.await_inside(2);
  for (int i = 0; i < 4; ++i) client->send({.url = server.url() + "/"}, count);
  EXPECT_EQ(busy, 1);
  EXPECT_EQ(server.connections(), 2);
  gate.let_go();
  for (int seen = answered; seen < 5; seen = answered) answered.wait(seen);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, ASilentServerDoesNotHoldUpAnother) {
  Gate gate;
  RawServer silent([&](const std::string&) { return gate.pass(), ok(""); });
  RawServer other([](const std::string&) { return ok("fine"); });
  std::atomic<int> answered{0};
  const auto client = system_http_client({.calls_max = 5, .calls_per_server_max = 2});
  for (int i = 0; i < 6; ++i)
    client->send({.url = silent.url() + "/"}, [&](const Result<HttpAnswer, HttpFailure>&) { ++answered, answered.notify_all(); });
  gate.await_inside(2);
  EXPECT_EQ(ask(*client, {.url = other.url() + "/"})->body, "fine");
  EXPECT_EQ(silent.connections(), 2);
  gate.let_go();
  for (int seen = answered; seen < 6; seen = answered) answered.wait(seen);
}

TEST(HttpClient, ClosingAnswersWhatIsUnderWayAndWhatWaits) {
  Gate gate;
  RawServer server([&](const std::string&) { return gate.pass(), ok(""); });
  std::vector<HttpFailure::Kind> failures;
  {
    const auto client = system_http_client({.calls_max = 1});
    for (int i = 0; i < 2; ++i)
      client->send({.url = server.url() + "/"},
                   [&](const Result<HttpAnswer, HttpFailure>& answer) { failures.push_back(answer.error().kind); });
    gate.await_inside(1);
  }
  gate.let_go();
  EXPECT_EQ(failures, (std::vector{HttpFailure::kBroken, HttpFailure::kBroken}));
}

TEST(SimHttpClient, PlaysEveryTroubleInNoTime) {
  SimClock clock;
  SimRandom random(1);
  SimTasks tasks(clock, random);
  SimHttpClient client(clock, tasks);
  int served = 0;
  client.serve("http://s3.example:9000", [&](const HttpRequest&) {
    ++served;
    return HttpAnswer{.status = 200, .headers = {}, .body = "fine"};
  });
  std::vector<std::string> outcomes;
  const auto call = [&](const std::string& url) {
    client.send({.url = url, .timeout = 60s}, [&](const Result<HttpAnswer, HttpFailure>& answer) {
      static constexpr const char* kNames[] = {"unreachable", "broken", "timeout", "too long", "busy"};
      outcomes.push_back(answer ? answer->body : kNames[answer.error().kind]);
    });
  };
  call("http://s3.example:9000/b/k");
  tasks.run_until_idle();
  call("http://nobody.example/");
  tasks.run_until_idle();
  for (const auto way : {SimHttpClient::Way::kRefused, SimHttpClient::Way::kRequestLost, SimHttpClient::Way::kAnswerLost}) {
    client.set_way(way, 1);
    call("http://s3.example:9000/b/k");
    tasks.run_until_idle();
  }
  EXPECT_EQ(outcomes, (std::vector<std::string>{"fine", "unreachable", "unreachable", "broken", "broken"}));
  EXPECT_EQ(served, 2) << "the first, and the one whose answer was lost";

  outcomes.clear();
  client.set_way(SimHttpClient::Way::kSilent, 1);
  call("http://s3.example:9000/b/k");
  tasks.run_for(59s);
  EXPECT_TRUE(outcomes.empty());
  tasks.run_for(1s);
  client.set_delay(61s);
  call("http://s3.example:9000/b/k");
  tasks.run_for(60s);
  client.set_delay(2s);
  call("http://s3.example:9000/b/k");
  tasks.run_for(1s);
  EXPECT_EQ(outcomes, (std::vector<std::string>{"timeout", "timeout"}));
  tasks.run_for(1s);
  EXPECT_EQ(outcomes.back(), "fine");
}

}  // namespace
}  // namespace cairn::env

// What one request costs in the HTTP layer alone: an in-process server with a handler that answers at once, or from another
// thread in batches, as a journal does.
#include <sys/resource.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "bench/load.h"
#include "http/server.h"

namespace cairn {
namespace {

http::Response small_answer() {
  http::Response response;
  response.headers = {{"x-amzn-RequestId", "7a62c49f-347e-4fc4-9331-6e8e4c1d8d5a"}, {"Content-Type", "text/xml"}};
  response.body.assign(200, 'x');
  return response;
}

class Immediate : public http::Handler {
 public:
  Plan begin(const std::shared_ptr<http::Exchange>&) override { return {}; }
  void handle(const std::shared_ptr<http::Exchange>& exchange) override { exchange->respond(small_answer()); }
  void body_failed(const std::shared_ptr<http::Exchange>&, http::BodyFailure) override {}
};

/// Parks every call; one thread answers all that have gathered.
class Parking final : public Immediate {
 public:
  Parking() : thread_([this] { run(); }) {}
  ~Parking() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  void handle(const std::shared_ptr<http::Exchange>& exchange) override {
    {
      const std::lock_guard lock(mutex_);
      parked_.push_back(exchange);
    }
    changed_.notify_one();
  }

 private:
  void run() {
    std::vector<std::shared_ptr<http::Exchange>> batch;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stop_ || !parked_.empty(); });
        if (stop_) return;
        batch.swap(parked_);
      }
      for (const auto& exchange : batch) exchange->respond(small_answer());
      batch.clear();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<http::Exchange>> parked_;
  bool stop_ = false;
  std::thread thread_;
};

std::string request() {
  const std::string body = "Action=GetCallerIdentity&Version=2011-06-15" + std::string(1400, 'x');
  return "POST / HTTP/1.1\r\nHost: 127.0.0.1:4566\r\nAccept-Encoding: identity\r\n"
         "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
         "User-Agent: aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0 source/x86_64.debian.12 prompt/off command/sts.get-caller-identity\r\n"
         "X-Amz-Date: 20260102T030405Z\r\nX-Amz-Content-SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n"
         "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260102/us-east-1/sts/aws4_request, "
         "SignedHeaders=content-type;host;x-amz-date, Signature=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

double cpu_us(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto us = [](const timeval& t) { return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec); };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

void measure(const char* name, http::Handler& handler, int connections) {
  http::Options options;
  options.port = 0;
  auto server = http::Server::listen(options, handler, env::system_clock());
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return;
  }
  (*server)->start();
  bench::LoadOptions load;
  load.port = (*server)->port();
  load.connections = connections;
  const std::string bytes = request();
  // This thread is the client: what the process used beyond it, the server did.
  const double all_before = cpu_us(RUSAGE_SELF), client_before = cpu_us(RUSAGE_THREAD);
  const auto report = bench::run_load(
      load, [&](int, uint64_t, std::string& out) { out = bytes; }, env::system_clock());
  const double client = cpu_us(RUSAGE_THREAD) - client_before;
  const double server_us = cpu_us(RUSAGE_SELF) - all_before - client;
  const double calls = static_cast<double>((*server)->counters().requests);
  (*server)->stop(std::chrono::seconds(1));
  if (!report) {
    std::fprintf(stderr, "%s\n", report.error().message.c_str());
    return;
  }
  std::printf("%-10s %4d connections: %7.0f requests/s, p50 %6.0f us, p99 %6.0f us; CPU us per request: server %.1f, client %.1f\n", name,
              connections, report->median.calls_per_second, report->median.p50_us, report->median.p99_us, server_us / calls,
              client / calls);
}

}  // namespace
}  // namespace cairn

int main() {
  using namespace cairn;
  for (const int connections : {1, 32, 256}) {
    Immediate immediate;
    measure("immediate", immediate, connections);
    Parking parking;
    measure("parked", parking, connections);
  }
}

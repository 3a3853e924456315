#include "bench/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace cairn::bench {
namespace {

using Nanoseconds = std::chrono::nanoseconds;

/// One connection and the call under way on it.
struct Line {
  int fd = -1;
  uint64_t call = 0;
  Nanoseconds began{0};
  std::string request;
  std::string received;

  Line() = default;
  Line(Line&& other) noexcept { std::swap(fd, other.fd); }
  ~Line() {
    if (fd >= 0) close(fd);
  }
};

/// Bytes of the answer at the start of `in`, 0 if it is not whole yet; `status` 0 if it is none.
size_t answer_bytes(std::string_view in, int& status) {
  status = 0;
  const size_t head_end = in.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return 0;
  std::from_chars(in.data() + 9, in.data() + 12, status);
  const std::string_view head = in.substr(0, head_end + 2);
  size_t length = 0;
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const size_t at = head.find(kName);
  if (at != std::string_view::npos) std::from_chars(head.data() + at + kName.size(), head.data() + head.size(), length);
  const size_t whole = head_end + 4 + length;
  return in.size() >= whole ? whole : 0;
}

double median_of(const std::vector<LoadRound>& rounds, double LoadRound::*figure) {
  std::vector<double> all;
  for (const LoadRound& round : rounds) all.push_back(round.*figure);
  std::nth_element(all.begin(), all.begin() + static_cast<long>(all.size() / 2), all.end());
  return all[all.size() / 2];
}

class Load {
 public:
  Load(const LoadOptions& options, const NextRequest& next, const env::Clock& clock)
      : options_(options), next_(next), clock_(clock), epoll_(epoll_create1(0)), lines_(static_cast<size_t>(options.connections)) {}
  ~Load() { close(epoll_); }

  Result<LoadReport> run() {
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (auto connected = open(i); !connected) return tl::unexpected(connected.error());
    }
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (!begin_call(i)) return failure("connection {} broke", i);
    }
    LoadReport report;
    for (int round = -1; round < options_.rounds; ++round) {
      auto measured = measure(round < 0 ? options_.warm_up : options_.round);
      if (!measured) return tl::unexpected(measured.error());
      if (round >= 0) report.rounds.push_back(*measured);
    }
    for (auto figure : {&LoadRound::calls_per_second, &LoadRound::p50_us, &LoadRound::p99_us, &LoadRound::max_us}) {
      report.median.*figure = median_of(report.rounds, figure);
    }
    for (const LoadRound& round : report.rounds) {
      report.median.calls += round.calls;
      report.median.errors += round.errors;
    }
    return report;
  }

 private:
  Result<void> open(size_t i) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    if (inet_pton(AF_INET, options_.address.c_str(), &address.sin_addr) != 1) return failure("'{}' is no IPv4 address", options_.address);
    Line& line = lines_[i];
    line.fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(line.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      return failure("cannot connect to {}:{}: {}", options_.address, options_.port, std::strerror(errno));
    }
    const int on = 1;
    setsockopt(line.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, line.fd, &event);
    return {};
  }

  bool begin_call(size_t i) {
    Line& line = lines_[i];
    next_(static_cast<int>(i), line.call++, line.request);
    line.began = clock_.steady();
    std::string_view rest = line.request;  // the socket blocks: nothing else is outstanding on it
    while (!rest.empty()) {
      const ssize_t n = send(line.fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      rest.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  Result<LoadRound> measure(std::chrono::milliseconds duration) {
    const Nanoseconds start = clock_.steady(), end = start + duration;
    Nanoseconds now = start;
    LoadRound round;
    latencies_.clear();
    epoll_event events[256];
    while (now < end || latencies_.empty()) {  // a large object may take longer than a round
      const int ready = epoll_wait(epoll_, events, std::size(events), 1000);
      for (int e = 0; e < ready; ++e) {
        const size_t i = events[e].data.u64;
        auto finished = receive(i, round, now);
        if (!finished) return tl::unexpected(finished.error());
        if (*finished && !begin_call(i)) return failure("connection {} broke", i);
      }
      now = clock_.steady();
    }
    round.calls = latencies_.size();
    std::sort(latencies_.begin(), latencies_.end());
    const auto percentile = [&](double p) {
      return latencies_[static_cast<size_t>(p * static_cast<double>(latencies_.size() - 1))] / 1000.0;
    };
    round.calls_per_second = static_cast<double>(round.calls) / std::chrono::duration<double>(now - start).count();
    round.p50_us = percentile(0.5);
    round.p99_us = percentile(0.99);
    round.max_us = percentile(1);
    return round;
  }

  /// Whether the call is answered.
  Result<bool> receive(size_t i, LoadRound& round, Nanoseconds& now) {
    Line& line = lines_[i];
    const ssize_t n = recv(line.fd, piece_, sizeof piece_, 0);
    if (n <= 0) return failure("connection {} was closed", i);
    int status = 0;
    std::string_view in(piece_, static_cast<size_t>(n));
    if (!line.received.empty()) {
      line.received.append(in);
      in = line.received;
    }
    const size_t bytes = answer_bytes(in, status);
    if (bytes == 0) {
      if (line.received.empty()) line.received = in;
      return false;
    }
    if (status < 100 || bytes != in.size()) return failure("no answer: {}", in.substr(0, 80));
    if (status >= 400) ++round.errors;
    line.received.clear();
    now = clock_.steady();
    latencies_.push_back(static_cast<double>((now - line.began).count()));
    return true;
  }

  const LoadOptions& options_;
  const NextRequest& next_;
  const env::Clock& clock_;
  int epoll_;
  std::vector<Line> lines_;
  std::vector<double> latencies_;
  char piece_[1 << 20];
};

}  // namespace

Result<LoadReport> run_load(const LoadOptions& options, const NextRequest& next, const env::Clock& clock) {
  return Load(options, next, clock).run();
}

}  // namespace cairn::bench

#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "env/clock.h"

/// A client that costs less than what it measures: one thread, epoll, keep-alive, one outstanding call per connection.
namespace cairn::bench {

struct LoadOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;
  int connections = 64;
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds round{2000};
  int rounds = 5;
};

/// Replaces `out`, the connection's last request, by the bytes of its next: finished, head and body; or leaves it, to send it again. Called
/// between calls of one connection, on the load's thread; keep it cheap, or prepare the requests before.
using NextRequest = std::function<void(int connection, uint64_t call, std::string& out)>;

struct LoadRound {
  double calls_per_second = 0;
  double p50_us = 0, p99_us = 0, max_us = 0;  // from the first byte sent to the last one received
  uint64_t calls = 0, errors = 0;             // errors: answers with a status of 400 and above
};

struct LoadReport {
  std::vector<LoadRound> rounds;
  LoadRound median;  // each figure's own median over the rounds
};

/// Connects, warms up, measures. Fails when a connection cannot be made, breaks, or says what is no answer.
Result<LoadReport> run_load(const LoadOptions& options, const NextRequest& next, const env::Clock& clock);

}  // namespace cairn::bench

#pragma once
#include <atomic>
#include <cstdint>

namespace cairn::api {

/// Counters for /_cairn/metrics and for what is counted instead of recorded. Any thread.
struct Metrics {
  std::atomic<uint64_t> calls{0};                    // recorded calls, whatever their outcome
  std::atomic<uint64_t> errors{0};                   // of these, refused or failed
  std::atomic<uint64_t> authentication_failures{0};  // no record, as on AWS
  std::atomic<uint64_t> unavailable{0};              // answered 503: the journal takes nothing
  std::atomic<uint64_t> throttled{0};                // the pool's queue was full
  std::atomic<uint64_t> incomplete{0};               // bodies that were too large, malformed or never came whole; no record
  std::atomic<uint64_t> conflicts{0};                // decisions made again because what they read had changed
  std::atomic<uint64_t> record_bytes{0};
  std::atomic<uint64_t> sensitive{0};  // recorded calls with what looks like a secret in a name
};

}  // namespace cairn::api

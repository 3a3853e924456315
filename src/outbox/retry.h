#pragma once
#include <chrono>
#include <optional>

#include "base/json.h"
#include "env/random.h"

namespace cairn::outbox {

/// How often, and with which pauses, something is sent again that did not arrive: the four phases of AWS's delivery policies.
struct RetryPolicy {
  enum class Backoff { kLinear, kArithmetic, kGeometric, kExponential };
  int immediate = 0;  // first so many retries without a pause,
  int before = 0;     // then so many with `least` before each,
  int growing = 0;    // so many with pauses that grow from `least` to `most`,
  int after = 0;      // and so many with `most` before each
  std::chrono::milliseconds least{20'000}, most{20'000};
  Backoff backoff = Backoff::kLinear;
  std::optional<std::chrono::milliseconds> age_max;  // what is older is not tried again; nullopt: any age

  static RetryPolicy none() { return {}; }
  /// What AWS does for targets of its own: 100,015 times in 23 days.
  static RetryPolicy of_services();
  /// For mail: 50 times in six hours.
  static RetryPolicy of_mail();

  int retries() const { return immediate + before + growing + after; }
  /// The pause before the `retry`th retry, from 1 to retries().
  std::chrono::milliseconds pause(int retry) const;
  bool operator==(const RetryPolicy&) const = default;
};

Json encode(const RetryPolicy& policy);
RetryPolicy decode_retry_policy(const Json& document);

/// `pause`, and up to a tenth more, so that those who failed together do not come back together.
std::chrono::milliseconds jittered(std::chrono::milliseconds pause, env::Random& random);

}  // namespace cairn::outbox

#include "outbox/retry.h"

#include <algorithm>
#include <cmath>

namespace cairn::outbox {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

RetryPolicy RetryPolicy::of_services() {
  return {.immediate = 3,
          .before = 2,
          .growing = 10,
          .after = 100'000,
          .least = 1s,
          .most = 20s,
          .backoff = Backoff::kExponential,
          .age_max = {}};
}

RetryPolicy RetryPolicy::of_mail() {
  return {
      .immediate = 0, .before = 2, .growing = 10, .after = 38, .least = 10s, .most = 600s, .backoff = Backoff::kExponential, .age_max = {}};
}

milliseconds RetryPolicy::pause(int retry) const {
  if (retry <= immediate) return 0ms;
  retry -= immediate;
  if (retry <= before) return least;
  retry -= before;
  if (retry > growing || most <= least) return most;
  const double low = static_cast<double>(least.count()), high = static_cast<double>(most.count());
  const double way = growing > 1 ? static_cast<double>(retry - 1) / (growing - 1) : 1.0;  // from the first of the phase to its last
  double pause = high;
  switch (backoff) {
    case Backoff::kLinear:
      pause = low + (high - low) * way;
      break;
    case Backoff::kArithmetic:
      pause = low + (high - low) * way * (way + 1) / 2;
      break;
    case Backoff::kGeometric:
      pause = low > 0 ? low * std::pow(high / low, way) : high * way;
      break;
    case Backoff::kExponential:
      pause = std::min(high, std::max(low, 1000.0) * std::exp2(std::min(retry - 1, 40)));
      break;
  }
  return milliseconds(std::llround(pause));
}

Json encode(const RetryPolicy& policy) {
  Json document = Json::object();
  const auto count = [&](const char* name, int value) {
    if (value != 0) document[name] = value;
  };
  count("immediate", policy.immediate);
  count("before", policy.before);
  count("growing", policy.growing);
  count("after", policy.after);
  document["least"] = policy.least.count();
  document["most"] = policy.most.count();
  count("backoff", static_cast<int>(policy.backoff));
  if (policy.age_max) document["ageMax"] = policy.age_max->count();
  return document;
}

RetryPolicy decode_retry_policy(const Json& document) {
  RetryPolicy policy{.immediate = document.value("immediate", 0),
                     .before = document.value("before", 0),
                     .growing = document.value("growing", 0),
                     .after = document.value("after", 0),
                     .least = milliseconds(document.at("least").get<int64_t>()),
                     .most = milliseconds(document.at("most").get<int64_t>()),
                     .backoff = static_cast<RetryPolicy::Backoff>(document.value("backoff", 0)),
                     .age_max = std::nullopt};
  if (const auto age = document.find("ageMax"); age != document.end()) policy.age_max = milliseconds(age->get<int64_t>());
  return policy;
}

milliseconds jittered(milliseconds pause, env::Random& random) {
  const auto span = static_cast<uint64_t>(pause.count() / 10);
  if (span == 0) return pause;
  uint64_t number = 0;
  random.fill(std::as_writable_bytes(std::span(&number, 1)));
  return pause + milliseconds(static_cast<int64_t>(number % (span + 1)));
}

}  // namespace cairn::outbox

#pragma once
#include <map>
#include <mutex>

#include "env/http_client.h"
#include "env/sim/clock.h"
#include "env/tasks.h"

namespace cairn::env {

/// Servers elsewhere as a test wants them, on the simulated clock: a minute's timeout passes in no time. Answers come from a task of
/// `tasks`. Any thread; handlers run one at a time and may not call `send`.
class SimHttpClient final : public HttpClient {
 public:
  using Handler = std::function<HttpAnswer(const HttpRequest&)>;
  /// What happens between a client and a server.
  enum class Way {
    kOpen,
    kRefused,      // nobody listens: kUnreachable at once
    kSilent,       // connects, then nothing: kTimeout when the request's time is over; the server never sees it
    kAnswerLost,   // the server does what was asked, and the connection breaks before the answer: kBroken
    kRequestLost,  // the connection breaks while the request is on its way: kBroken; the server never sees it
  };

  SimHttpClient(const SimClock& clock, Tasks& tasks);
  ~SimHttpClient() override;

  /// Who answers for an origin, such as http://s3.example:9000; others are unreachable.
  void serve(std::string origin, Handler handler);
  void set_way(Way way) { set_way(way, UINT64_MAX); }
  void set_way(Way way, uint64_t times);           // of the next so many requests; then it is open again
  void set_delay(std::chrono::nanoseconds delay);  // from request to answer; past its timeout: kTimeout, though the server did it
  uint64_t sent() const;                           // requests so far

  void send(HttpRequest request, Done done) override;

 private:
  struct Call {
    HttpRequest request;
    Done done;
    Way way;
    std::chrono::nanoseconds sent, delay;
  };
  Next step();
  Result<HttpAnswer, HttpFailure> settle(const Call& call);

  const SimClock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Handler> servers_;  // under mutex_, as all that follows
  Way way_ = Way::kOpen;
  bool closing_ = false;
  uint64_t way_times_ = 0, sent_ = 0;
  std::chrono::nanoseconds delay_{};
  std::multimap<std::chrono::nanoseconds, Call> calls_;  // by when they end
  std::unique_ptr<Task> task_;                           // last: it uses the rest
};

}  // namespace cairn::env

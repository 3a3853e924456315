#include "env/sim/http_client.h"

namespace cairn::env {

SimHttpClient::SimHttpClient(const SimClock& clock, Tasks& tasks) : clock_(clock) {
  task_ = tasks.start("sim-http", [this] { return step(); });
}

SimHttpClient::~SimHttpClient() {
  task_.reset();
  std::multimap<std::chrono::nanoseconds, Call> left;
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    left.swap(calls_);
  }
  for (auto& [when, call] : left) call.done(tl::unexpected(HttpFailure{HttpFailure::kBroken, "the client is closing"}));
}

void SimHttpClient::serve(std::string origin, Handler handler) {
  std::lock_guard lock(mutex_);
  servers_[std::move(origin)] = std::move(handler);
}

void SimHttpClient::set_way(Way way, uint64_t times) {
  std::lock_guard lock(mutex_);
  way_ = way;
  way_times_ = times;
}

void SimHttpClient::set_delay(std::chrono::nanoseconds delay) {
  std::lock_guard lock(mutex_);
  delay_ = delay;
}

uint64_t SimHttpClient::sent() const {
  std::lock_guard lock(mutex_);
  return sent_;
}

void SimHttpClient::send(HttpRequest request, Done done) {
  {
    std::unique_lock lock(mutex_);
    if (closing_) {
      lock.unlock();
      return done(tl::unexpected(HttpFailure{HttpFailure::kBusy, "the client is closing"}));
    }
    ++sent_;
    const Way way = way_times_ > 0 ? way_ : Way::kOpen;
    if (way_times_ > 0) --way_times_;
    const std::chrono::nanoseconds now = clock_.steady();
    const std::chrono::nanoseconds timeout = request.timeout.count() > 0 ? request.timeout : std::chrono::nanoseconds::max() - now;
    const std::chrono::nanoseconds lasts = way == Way::kSilent ? timeout : std::min(delay_, timeout);
    calls_.emplace(now + lasts, Call{std::move(request), std::move(done), way, now, delay_});
  }
  task_->wake();
}

Next SimHttpClient::step() {
  for (;;) {
    std::unique_lock lock(mutex_);
    if (calls_.empty()) return Next::when_woken();
    const auto first = calls_.begin();
    if (first->first > clock_.steady()) return Next::after(first->first - clock_.steady());
    const Call call = std::move(first->second);
    calls_.erase(first);
    Result<HttpAnswer, HttpFailure> answer = settle(call);
    lock.unlock();
    call.done(std::move(answer));
  }
}

Result<HttpAnswer, HttpFailure> SimHttpClient::settle(const Call& call) {
  const auto fail = [](HttpFailure::Kind kind, const char* message) { return tl::unexpected(HttpFailure{kind, message}); };
  const std::string& url = call.request.url;
  const size_t host = url.find("://");
  const auto server = host == std::string::npos ? servers_.end() : servers_.find(url.substr(0, url.find('/', host + 3)));
  if (server == servers_.end() || call.way == Way::kRefused) return fail(HttpFailure::kUnreachable, "connection refused");
  if (call.way == Way::kSilent) return fail(HttpFailure::kTimeout, "timed out");
  if (call.way == Way::kRequestLost) return fail(HttpFailure::kBroken, "connection reset");
  HttpAnswer answer = server->second(call.request);
  if (call.request.timeout.count() > 0 && call.delay > call.request.timeout) return fail(HttpFailure::kTimeout, "timed out");
  if (call.way == Way::kAnswerLost) return fail(HttpFailure::kBroken, "connection reset");
  if (call.request.sink && answer.status == 200) {
    if (!call.request.sink(answer.body)) return fail(HttpFailure::kBroken, "its taker had enough");
    answer.body.clear();
  }
  if (answer.body.size() > call.request.answer_bytes_max) return fail(HttpFailure::kTooLong, "the answer is too long");
  return answer;
}

}  // namespace cairn::env

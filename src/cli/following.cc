#include "cli/following.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "base/text.h"
#include "cli/client.h"
#include "cli/server_sent_events.h"
#include "cli/standard_output.h"
#include "env/tasks.h"

namespace cairn::cli {

namespace {

constexpr std::chrono::seconds kSilenceMax{45};                         // a server says something every 15
constexpr std::chrono::milliseconds kPauseFirst{250}, kPauseMax{5000};  // before the next try
constexpr std::chrono::milliseconds kSignalStep{100};                   // between looks whether it is to stop
constexpr std::chrono::milliseconds kWritingMax{1000};                  // what a reader that does not read can hold an interrupted one up
constexpr std::string_view kOver = "end";                               // a session's last event, after an hour

class Following {
 public:
  Following(const Target& target, const env::Clock& clock, const Signals& signals, const Followed& followed)
      : target_(target), clock_(clock), signals_(signals), followed_(followed), input_(followed.input) {}

  int run() {
    const auto watch = env::system_tasks().start("follow-signals", [&] {
      if (signals_.await(kSignalStep)) leave();
      return env::Next::now();
    });
    while (true) {
      const Result<void, CallFailure> ended = session();
      if (exit_code_) return *exit_code_;
      if (ended) continue;  // its time was over
      const CallFailure& failure = ended.error();
      // Its place may still be taken by the session that was lost.
      const bool is_passing = failure.kind == CallFailure::kUnreachable || failure.code == "LimitExceededException" ||
                              failure.code == "ThrottlingException" || failure.code == "ServiceUnavailableException";
      if (!has_begun_ || !is_passing) return say(failure.message), exit_code_of(failure);
      if (!std::exchange(is_lost_, true)) say(failure.message + "\nWaiting for it; what comes meanwhile will be shown.");
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::exchange(pause_, std::min(2 * pause_, kPauseMax)), [] { return false; });
    }
  }

 private:
  static void say(std::string_view message) { fmt::print(stderr, "cairn lookup: {}\n", message); }

  /// Ends the process, but not within a line that is being written.
  [[noreturn]] void leave() {
    const std::unique_lock lock(writing_, kWritingMax);
    ::_exit(kInterrupted);
  }

  Result<void, CallFailure> session() {
    events_ = ServerSentEvents();
    ended_.reset();
    is_closing_ = is_over_ = is_opened_ = false;
    Client client(target_, clock_);
    client.stream(
        "cairn", "Cairn.TailEvents", input_, [this](std::string_view piece) { return take(piece); },
        [this](Result<void, CallFailure> ended) {
          const std::lock_guard lock(mutex_);
          if (!ended_) ended_ = std::move(ended);
          changed_.notify_all();
        });
    std::unique_lock lock(mutex_);
    bool is_silent = false;
    while (!ended_ && !is_silent && !exit_code_) {
      is_heard_ = false;
      changed_.wait_for(lock, kSilenceMax, [this] { return ended_ || exit_code_ || (start_ && !has_begun_); });
      if (start_ && !has_begun_) begin(lock);
      else is_silent = !is_heard_ && !is_busy_;
    }
    is_closing_ = true;
    changed_.notify_all();
    if (is_over_) return {};
    if (ended_ && !*ended_) return *ended_;
    return tl::unexpected(CallFailure{CallFailure::kUnreachable, "",
                                      fmt::format("{} {}.", target_.endpoint, ended_ ? "ended the call" : "has been silent for too long")});
  }

  void begin(std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    const std::optional<int> exit_code = followed_.begin(*start_, [this](const Json& event) { return show(event); });
    lock.lock();
    has_begun_ = true;
    if (exit_code) exit_code_ = exit_code;
    changed_.notify_all();
  }

  bool show(const Json& event) {
    const std::lock_guard lock(writing_);
    return followed_.show(event);
  }

  // ---- the client's thread

  bool take(std::string_view piece) {
    {
      const std::lock_guard lock(mutex_);
      is_heard_ = is_busy_ = true;
    }
    const bool is_good = events_.feed(piece, [this](const ServerSentEvents::Event& event) { return take(event); });
    const std::lock_guard lock(mutex_);
    is_busy_ = false;
    return is_good;
  }

  bool take(const ServerSentEvents::Event& event) {
    std::unique_lock lock(mutex_);
    const auto place = event_place(event.id);
    if (!place || (!start_ && event.data)) {
      ended_ = tl::unexpected(CallFailure{
          CallFailure::kRefused, "",
          fmt::format("{} does not say where its events begin: is it a Cairn server, and as new as this program?", target_.endpoint)});
      changed_.notify_all();
      return false;
    }
    if (!start_) start_ = place;
    // A session begins where the last one ended, unless there is no such place any more.
    const bool is_anew = !std::exchange(is_opened_, true) && *place < event_place(input_.value("NewerThan", "")).value_or(EventPlace());
    if (is_anew)
      say(
          fmt::format("The history of {} has begun anew, or was set back: going on with what comes from now on.\n"
                      "What is in it already is left to `cairn lookup` without --follow.",
                      target_.endpoint));
    if (std::exchange(is_lost_, false) && !is_anew) say("going on");
    pause_ = kPauseFirst;
    changed_.notify_all();
    changed_.wait(lock, [this] { return has_begun_ || is_closing_; });
    if (is_closing_ || exit_code_) return false;
    if (event.data && event.name.empty()) {
      const auto json = json::parse(*event.data);
      if (!json || !json->is_object()) return false;
      lock.unlock();
      const bool is_shown = show(*json);
      const int error = errno;
      lock.lock();
      if (!is_shown) {
        exit_code_ = unwritable("lookup", error);
        changed_.notify_all();
        return false;
      }
    }
    is_over_ = event.name == kOver;
    input_["NewerThan"] = event.id;
    return true;
  }

  const Target& target_;
  const env::Clock& clock_;
  const Signals& signals_;
  const Followed& followed_;
  std::timed_mutex writing_;  // a line is on its way out
  std::mutex mutex_;
  std::condition_variable changed_;
  ServerSentEvents events_;                         // the client's thread's
  Json input_;                                      // under mutex_, as all that follows
  std::optional<EventPlace> start_;                 // where the first session began
  std::optional<Result<void, CallFailure>> ended_;  // the session at hand
  std::optional<int> exit_code_;
  std::chrono::milliseconds pause_ = kPauseFirst;
  bool has_begun_ = false;  // what there was is shown
  bool is_lost_ = false;    // and it was said
  bool is_opened_ = false;  // the session at hand said where it begins
  bool is_heard_ = false, is_busy_ = false, is_over_ = false, is_closing_ = false;
};

}  // namespace

std::optional<EventPlace> event_place(std::string_view cursor) {
  const size_t dash = cursor.find('-');
  if (dash == cursor.npos) return std::nullopt;
  const auto position = text::to_uint(cursor.substr(0, dash)), index = text::to_uint(cursor.substr(dash + 1));
  if (!position || !index) return std::nullopt;
  return EventPlace{*position, *index};
}

int follow(const Target& target, const env::Clock& clock, const Signals& signals, const Followed& followed) {
  return Following(target, clock, signals, followed).run();
}

}  // namespace cairn::cli

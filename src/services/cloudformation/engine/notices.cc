#include "services/cloudformation/engine/notices.h"

#include "base/log.h"
#include "services/cloudformation/caller.h"
#include "services/cloudformation/notice.h"
#include "state/internal_commit.h"

namespace cairn::cloudformation {
namespace {

using namespace std::chrono_literals;

constexpr int kTriesMax = 10;
constexpr auto kFirstRetry = 100ms;
constexpr auto kRetryCommit = 50ms;
constexpr const char* kSubject = "AWS CloudFormation Notification";

}  // namespace

void Notices::begin(env::Task* task) {
  outcomes_->wake_by(task);
  state::Transaction state(means_.store);
  for (std::string after;;) {
    const state::Page page = state.list(keys::kNotices, after, 1);
    if (page.items.empty()) return;
    const std::string& key = page.items.front().key;
    const std::string stack = key.substr(keys::kNotices.size(), key.find('/', keys::kNotices.size()) - keys::kNotices.size());
    put(stack);
    after = keys::notices(stack) + "\x7f";
  }
}

void Notices::put(const std::string& stack) {
  const std::lock_guard lock(mutex_);
  stacks_.insert(stack);
}

/// False: the stack has no more.
bool Notices::next(const std::string& stack, Sending& sending) {
  state::Transaction state(means_.store);
  const std::string folder = keys::notices(stack);
  const state::Page page = state.list(folder, folder, 1);
  if (page.items.empty()) return false;
  sending.key = page.items.front().key;
  sending.tries = 0;
  return true;
}

/// It cannot be published. False: not now.
bool Notices::drop(const std::string& key) {
  state::Transaction state(means_.store);
  state.erase(key);
  return state::commit_internal(means_.store, means_.journal, state).has_value();
}

void Notices::publish(const std::string& stack, Sending& sending) {
  std::optional<std::string> document;
  {
    state::Transaction state(means_.store);
    document = state.get(sending.key);
  }
  Outcome outcome{.stack = stack, .is_done = true};
  sending.is_under_way = true;
  outcomes_->expect();
  if (!document) return outcomes_->put(std::move(outcome));
  const Notice notice = decode_notice(*document);
  state::Transaction state(means_.store);
  const Result<aws::Principal> principal =
      caller_of(state, {.principal = notice.principal, .role = notice.role, .stack = notice.stack, .account = notice.account},
                means_.any_key, means_.clock.now());
  if (!principal) {
    log::warning("A stack's event cannot be published.", {{"topic", notice.topic}, {"error", principal.error().message}});
    outcome.is_done = false;
    outcome.is_refused = true;
    return outcomes_->put(std::move(outcome));
  }
  const aws::ServiceModel& service = *aws::service_model("sns");
  const size_t region_at = notice.topic.find(':', 8) + 1;  // arn:aws:sns:REGION:
  const aws::Region region(notice.topic.substr(region_at, notice.topic.find(':', region_at) - region_at));
  api::Client::Request request = api::request_of(service, *service.operation("Publish"), region,
                                                 {{"TopicArn", notice.topic}, {"Subject", kSubject}, {"Message", notice.message}});
  request.principal = *principal;
  request.along = [key = sending.key](state::Transaction& transaction, const Json&) { transaction.erase(key); };
  means_.client.call(std::move(request),
                     [to = outcomes_, outcome = std::move(outcome), topic = notice.topic](const http::Response& response) mutable {
                       outcome.is_done = response.status < 300;
                       if (!outcome.is_done) {
                         const api::Refusal refusal = api::refusal_of(response);
                         if (!passes(refusal)) {
                           log::warning("A stack's event cannot be published.", {{"topic", topic}, {"error", refusal.message}});
                           outcome.is_refused = true;
                         }
                       }
                       to->put(std::move(outcome));
                     });
}

env::Next Notices::step() {
  {
    const std::lock_guard lock(mutex_);
    for (auto it = stacks_.begin(); it != stacks_.end() && sending_.size() < kStacksMax;) {
      sending_.emplace(*it, Sending{});
      it = stacks_.erase(it);
    }
  }
  for (const Outcome& outcome : outcomes_->take()) {
    Sending& sending = sending_.at(outcome.stack);
    sending.is_under_way = false;
    const bool is_given_up = outcome.is_refused || (!outcome.is_done && ++sending.tries >= kTriesMax);
    if (outcome.is_done || (is_given_up && drop(sending.key))) sending.key.clear();
    else sending.again = means_.clock.now() + (is_given_up ? kRetryCommit : kFirstRetry * (1 << sending.tries));
  }
  std::optional<std::chrono::nanoseconds> soonest;
  bool is_room = false;
  for (auto it = sending_.begin(); it != sending_.end();) {
    auto& [stack, sending] = *it;
    if (sending.is_under_way) {
      ++it;
      continue;
    }
    if (sending.key.empty() && !next(stack, sending)) {
      it = sending_.erase(it);
      is_room = true;
      continue;
    }
    const Time now = means_.clock.now();
    if (sending.tries > 0 && sending.again > now) {
      const std::chrono::nanoseconds wait = sending.again - now;
      soonest = soonest ? std::min(*soonest, wait) : wait;
    } else {
      publish(stack, sending);
    }
    ++it;
  }
  const std::lock_guard lock(mutex_);
  if (is_room && !stacks_.empty()) return env::Next::now();
  return soonest ? env::Next::after(*soonest) : env::Next::when_woken();
}

}  // namespace cairn::cloudformation

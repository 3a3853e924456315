#include "services/cloudformation/engine/engine.h"

#include <algorithm>

#include "base/log.h"
#include "services/cloudformation/notice.h"

namespace cairn::cloudformation {
namespace {

using namespace std::chrono_literals;

constexpr auto kRetryRead = 1s;  // the state cannot be read

}  // namespace

Engine::Engine(const Means& means, env::Tasks& tasks, journal::Position from) : means_(means), consumed_(from.seq) {
  state::Transaction state(means_.store);
  for (std::string after;;) {
    const state::Page page = state.list(keys::kOperations, after, 1000);
    for (const state::Item& item : page.items)
      changed_.emplace((after = item.key).substr(keys::kOperations.size()), decode_operation(item.value).account);
    if (!page.more) break;
  }
  task_ = tasks.start("stacks", [this] { return ready_ ? step() : env::Next::when_woken(); });
  outcomes_->wake_by(task_.get());
  notices_.begin(task_.get());
  ready_ = true;
  task_->wake();
}

Engine::~Engine() { stop(); }

void Engine::stop() {
  notices_.stop();
  outcomes_->wake_by(nullptr);
  task_.reset();
}

void Engine::consume(journal::Position position, const journal::EntryView& entry) {
  bool any = false;
  for (const journal::ChangeView& change : entry.changes) {
    const bool is_stack = change.key.starts_with(keys::kStacks);
    if (is_stack || change.key.starts_with(keys::kSignals)) {
      const std::string place(is_stack ? change.key : change.key.substr(0, change.key.rfind('/') + 1));
      const std::lock_guard lock(mutex_);
      any = touched_.insert(place).second || any;
    }
    if (is_stack) means_.waiting_room.wake(std::string(change.key.substr(0, change.key.rfind('/') + 1)));
    if (change.key.starts_with(keys::kNotices) && change.value) {
      const std::string_view rest = change.key.substr(keys::kNotices.size());
      notices_.put(std::string(rest.substr(0, rest.find('/'))));
      any = true;
    }
    if (!change.key.starts_with(keys::kOperations) || !change.value) continue;
    const aws::AccountId account = decode_operation(*change.value).account;
    const std::lock_guard lock(mutex_);
    changed_.emplace(change.key.substr(keys::kOperations.size()), account);
    any = true;
  }
  consumed_ = position.seq;
  if (any) task_->wake();
}

/// Who waits gets to work, those of the account with the fewest at work first.
void Engine::admit() {
  while (runs_.size() < kRunsMax) {
    auto next = accounts_.end();
    for (auto it = accounts_.begin(); it != accounts_.end(); ++it) {
      const Account& account = it->second;
      if (account.waiting.empty() || account.at_work == kRunsOfAccountMax) continue;
      if (next == accounts_.end() || account.at_work < next->second.at_work) next = it;
    }
    if (next == accounts_.end()) return;
    Account& account = next->second;
    const std::string stack = std::move(account.waiting.front());
    account.waiting.pop_front();
    waiting_.erase(stack);
    ++account.at_work;
    runs_[stack] = {.account = next->first, .run = std::make_unique<Run>(means_, outcomes_, stack)};
  }
}

void Engine::queue(const std::string& stack, const aws::AccountId& account) {
  resting_.erase(stack);
  if (const auto at_work = runs_.find(stack); at_work != runs_.end()) at_work->second.is_changed = true;
  else if (waiting_.insert(stack).second) accounts_[account].waiting.push_back(stack);
}

/// Those that rested for what has come, or long enough.
void Engine::rouse(const std::set<std::string>& touched) {
  std::vector<std::pair<std::string, aws::AccountId>> roused;
  const Time now = means_.clock.now();
  for (const auto& [stack, resting] : resting_)
    if ((resting.until && *resting.until <= now) ||
        std::ranges::any_of(resting.places, [&](const std::string& place) { return touched.contains(place); }))
      roused.emplace_back(stack, resting.account);
  for (const auto& [stack, account] : roused) queue(stack, account);
}

void Engine::leave(const aws::AccountId& of) {
  const auto account = accounts_.find(of);
  if (--account->second.at_work == 0 && account->second.waiting.empty()) accounts_.erase(account);
}

env::Next Engine::step() {
  std::map<std::string, aws::AccountId> changed;
  std::set<std::string> touched;
  {
    const std::lock_guard lock(mutex_);
    changed.swap(changed_);
    touched.swap(touched_);
  }
  for (const auto& [stack, account] : changed) queue(stack, account);
  rouse(touched);
  for (Outcome& outcome : outcomes_->take())
    if (const auto it = runs_.find(outcome.stack); it != runs_.end()) it->second.run->take(std::move(outcome));
  admit();
  std::optional<std::chrono::nanoseconds> soonest;
  bool has_ended = false;
  const env::Next notices = notices_.step();
  if (notices.kind == env::Next::kAfter) soonest = notices.delay;
  if (notices.kind == env::Next::kNow) soonest = std::chrono::nanoseconds(0);
  for (auto it = runs_.begin(); it != runs_.end();) {
    std::optional<env::Next> next;
    try {
      next = it->second.run->step();
    } catch (const std::exception& problem) {
      log::error("A stack's documents cannot be read.", {{"stack", it->first}, {"error", problem.what()}});
      next = env::Next::after(kRetryRead);
    }
    if (!next) {
      leave(it->second.account);
      it = runs_.erase(it);
      has_ended = true;
      continue;
    }
    if (std::optional<std::vector<std::string>> places = it->second.run->rests()) {
      Resting resting{.account = it->second.account, .until = std::nullopt, .places = std::move(*places)};
      if (next->kind == env::Next::kAfter) resting.until = means_.clock.now() + std::chrono::ceil<Time::duration>(next->delay);
      const std::string stack = it->first;
      const aws::AccountId account = it->second.account;
      const bool is_changed = it->second.is_changed;
      resting_.insert_or_assign(stack, std::move(resting));
      leave(account);
      it = runs_.erase(it);
      if (is_changed) queue(stack, account);
      has_ended = true;
      continue;
    }
    if (next->kind == env::Next::kAfter) soonest = soonest ? std::min(*soonest, next->delay) : next->delay;
    ++it;
  }
  running_ = runs_.size();
  const Time now = means_.clock.now();
  for (const auto& [stack, resting] : resting_) {
    if (!resting.until) continue;
    const std::chrono::nanoseconds wait = std::max<std::chrono::nanoseconds>(*resting.until - now, std::chrono::milliseconds(1));
    soonest = soonest ? std::min(*soonest, wait) : wait;
  }
  if (has_ended && !waiting_.empty()) return env::Next::now();
  return soonest ? env::Next::after(*soonest) : env::Next::when_woken();
}

}  // namespace cairn::cloudformation

#include "services/cloudformation/engine/engine.h"

#include "base/log.h"

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
  ready_ = true;
  task_->wake();
}

Engine::~Engine() { stop(); }

void Engine::stop() {
  outcomes_->wake_by(nullptr);
  task_.reset();
}

void Engine::consume(journal::Position position, const journal::EntryView& entry) {
  bool any = false;
  for (const journal::ChangeView& change : entry.changes) {
    if (change.key.starts_with(keys::kStacks)) means_.waiting_room.wake(std::string(change.key.substr(0, change.key.rfind('/') + 1)));
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

env::Next Engine::step() {
  std::map<std::string, aws::AccountId> changed;
  {
    const std::lock_guard lock(mutex_);
    changed.swap(changed_);
  }
  for (const auto& [stack, account] : changed)
    if (!runs_.contains(stack) && waiting_.insert(stack).second) accounts_[account].waiting.push_back(stack);
  for (Outcome& outcome : outcomes_->take())
    if (const auto it = runs_.find(outcome.stack); it != runs_.end()) it->second.run->take(std::move(outcome));
  admit();
  std::optional<std::chrono::nanoseconds> soonest;
  bool has_ended = false;
  for (auto it = runs_.begin(); it != runs_.end();) {
    std::optional<env::Next> next;
    try {
      next = it->second.run->step();
    } catch (const std::exception& problem) {
      log::error("A stack's documents cannot be read.", {{"stack", it->first}, {"error", problem.what()}});
      next = env::Next::after(kRetryRead);
    }
    if (!next) {
      const auto account = accounts_.find(it->second.account);
      if (--account->second.at_work == 0 && account->second.waiting.empty()) accounts_.erase(account);
      it = runs_.erase(it);
      has_ended = true;
      continue;
    }
    if (next->kind == env::Next::kAfter) soonest = soonest ? std::min(*soonest, next->delay) : next->delay;
    ++it;
  }
  running_ = runs_.size();
  if (has_ended && !waiting_.empty()) return env::Next::now();
  return soonest ? env::Next::after(*soonest) : env::Next::when_woken();
}

}  // namespace cairn::cloudformation

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
    for (const state::Item& item : page.items) changed_.insert((after = item.key).substr(keys::kOperations.size()));
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
    const std::lock_guard lock(mutex_);
    changed_.insert(std::string(change.key.substr(keys::kOperations.size())));
    any = true;
  }
  consumed_ = position.seq;
  if (any) task_->wake();
}

env::Next Engine::step() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.merge(changed_);
    changed_.clear();
  }
  for (Outcome& outcome : outcomes_->take())
    if (const auto run = runs_.find(outcome.stack); run != runs_.end()) run->second->take(std::move(outcome));
  while (runs_.size() < kRunsMax && !waiting_.empty()) {
    std::string stack = std::move(waiting_.extract(waiting_.begin()).value());
    if (!runs_.contains(stack)) runs_[stack] = std::make_unique<Run>(means_, outcomes_, stack);
  }
  std::optional<std::chrono::nanoseconds> soonest;
  for (auto it = runs_.begin(); it != runs_.end();) {
    std::optional<env::Next> next;
    try {
      next = it->second->step();
    } catch (const std::exception& problem) {
      log::error("A stack's documents cannot be read.", {{"stack", it->first}, {"error", problem.what()}});
      next = env::Next::after(kRetryRead);
    }
    if (!next) {
      it = runs_.erase(it);
      continue;
    }
    if (next->kind == env::Next::kAfter) soonest = soonest ? std::min(*soonest, next->delay) : next->delay;
    ++it;
  }
  running_ = runs_.size();
  if (!waiting_.empty() && runs_.size() < kRunsMax) return env::Next::now();
  return soonest ? env::Next::after(*soonest) : env::Next::when_woken();
}

}  // namespace cairn::cloudformation

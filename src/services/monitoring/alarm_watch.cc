#include "services/monitoring/alarm_watch.h"

#include "base/log.h"
#include "services/monitoring/composite.h"
#include "services/monitoring/evaluation.h"
#include "services/monitoring/metric.h"
#include "services/monitoring/transition.h"
#include "state/internal_commit.h"

namespace cairn::cloudwatch {
namespace {

using namespace std::chrono_literals;

constexpr auto kRetry = 200ms;

std::string state_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "OK";
    case Verdict::kAlarm:
      return "ALARM";
    case Verdict::kInsufficientData:
      return "INSUFFICIENT_DATA";
    case Verdict::kAsBefore:
      break;
  }
  return "";
}

/// When the step that `now` is in will be whole.
int64_t next_look(int64_t now, int64_t step) {
  const int64_t whole = now - grace_of(step);
  return whole - whole % step + step + grace_of(step);
}

}  // namespace

AlarmWatch::AlarmWatch(const Means& means, env::Tasks& tasks, journal::Position from) : means_(means), consumed_(from.seq) {
  state::Transaction state(means_.store);
  const std::string folder(documents::kAlarms);
  for (std::string after;;) {
    const state::Page page = state.list(folder, after, 1000);
    for (const state::Item& item : page.items) changed_.insert(after = item.key);
    if (!page.more) break;
  }
  task_ = tasks.start("alarms", [this] { return ready_ ? step() : env::Next::when_woken(); });
  ready_ = true;
  task_->wake();
}

AlarmWatch::~AlarmWatch() = default;

void AlarmWatch::measured(const std::vector<std::string>& metrics) {
  {
    const std::lock_guard lock(mutex_);
    measured_.insert(metrics.begin(), metrics.end());
  }
  task_->wake();
}

void AlarmWatch::consume(journal::Position position, const journal::EntryView& entry) {
  bool any = false;
  for (const journal::ChangeView& change : entry.changes) {
    if (!change.key.starts_with(documents::kAlarms)) continue;
    const std::lock_guard lock(mutex_);
    changed_.insert(std::string(change.key));
    any = true;
  }
  consumed_ = position.seq;
  if (any) task_->wake();
}

std::vector<std::string> AlarmWatch::on_it(const std::string& metric_or_child) const {
  const auto found = dependents_.find(metric_or_child);
  if (found == dependents_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

env::Next AlarmWatch::step() {
  std::set<std::string> changed, measured, wanted = std::exchange(again_, {});
  std::map<std::string, std::string> rules = std::exchange(rules_again_, {});
  {
    const std::lock_guard lock(mutex_);
    changed.swap(changed_);
    measured.swap(measured_);
  }
  const Time now = means_.clock.now();
  const int64_t seconds = seconds_of(now);
  for (const std::string& key : changed) {
    take_change(key, seconds);
    for (const std::string& rule : on_it(key)) rules.emplace(rule, key);
  }
  for (const std::string& metric : measured)
    for (std::string& alarm : on_it(metric)) wanted.insert(std::move(alarm));
  while (!due_.empty() && due_.begin()->first <= seconds) {
    const std::string key = due_.begin()->second;
    set_due(key, std::nullopt);
    wanted.insert(key);
  }
  for (const std::string& key : wanted)
    if (alarms_.contains(key) && !look_at(key, now, false)) again_.insert(key);
  for (const auto& [key, cause] : rules)
    if (alarms_.contains(key) && !look_at_rule(key, cause, now)) rules_again_.emplace(key, cause);
  if (!again_.empty() || !rules_again_.empty()) return env::Next::after(kRetry);
  if (due_.empty()) return env::Next::when_woken();
  return env::Next::after(std::max<std::chrono::nanoseconds>(Time(std::chrono::seconds(due_.begin()->first)) - means_.clock.now(), 1ms));
}

void AlarmWatch::take_change(const std::string& key, int64_t now) {
  state::Transaction state(means_.store);
  const std::optional<Alarm> alarm = find_alarm(state, key);
  if (!alarm) return forget(key);
  const auto known = alarms_.find(key);
  const bool is_new = known == alarms_.end() || known->second.configured != alarm->configured;
  if (is_new) {
    forget(key);
    Watched& watched = alarms_[key];
    watched.configured = alarm->configured;
    watched.is_composite = alarm->is_composite;
    watched.on = alarm->is_composite ? children_of(*alarm) : metrics_of(*alarm);
    if (!alarm->is_composite) watched.step = step_of(period_of(*alarm));
    for (const std::string& each : watched.on) dependents_[each].insert(key);
  }
  if (alarm->is_composite) {
    if (is_new && !look_at_rule(key, "", means_.clock.now())) rules_again_.emplace(key, "");
    return;
  }
  set_due(key, next_look(now, alarms_.at(key).step));  // also a state that somebody set lasts no longer
  if (is_new && !look_at(key, means_.clock.now(), true)) again_.insert(key);
}

void AlarmWatch::forget(const std::string& key) {
  const auto known = alarms_.find(key);
  if (known == alarms_.end()) return;
  set_due(key, std::nullopt);
  for (const std::string& each : known->second.on) {
    const auto others = dependents_.find(each);
    if (others == dependents_.end()) continue;  // it was named twice
    others->second.erase(key);
    if (others->second.empty()) dependents_.erase(others);
  }
  alarms_.erase(known);
}

void AlarmWatch::set_due(const std::string& key, std::optional<int64_t> due) {
  Watched& watched = alarms_.at(key);
  if (watched.due) due_.erase({*watched.due, key});
  watched.due = due;
  if (due) due_.emplace(*due, key);
}

bool AlarmWatch::look_at(const std::string& key, Time now, bool only_with_data) {
  ++looks_;
  state::Transaction transaction(means_.store);
  std::optional<Alarm> alarm = find_alarm(transaction, key);
  if (!alarm) return true;  // its erasure is on its way here
  const Result<Evaluation> evaluation = evaluate(*alarm, means_.metrics, now);
  if (!evaluation) {
    log::error("An alarm cannot be evaluated.", {{"alarm", key}, {"error", evaluation.error().message}});
    set_due(key, next_look(seconds_of(now), alarms_.at(key).step));
    return true;
  }
  if (evaluation->has_data) set_due(key, next_look(seconds_of(now), alarms_.at(key).step));
  if (only_with_data && !evaluation->has_data) return true;
  const Judgement& judgement = evaluation->judgement;
  if (judgement.verdict == Verdict::kAsBefore || state_of(judgement.verdict) == alarm->state) return true;
  change_state(transaction, means_.random, *alarm, {state_of(judgement.verdict), judgement.reason, judgement.reason_data}, now);
  return state::commit_internal(means_.store, means_.journal, transaction).has_value();
}

bool AlarmWatch::look_at_rule(const std::string& key, const std::string& cause, Time now) {
  ++looks_;
  state::Transaction transaction(means_.store);
  std::optional<Alarm> alarm = find_alarm(transaction, key);
  if (!alarm) return true;
  NewState next = evaluate_rule(transaction, *alarm, cause);
  if (next.value == alarm->state) return true;
  change_state(transaction, means_.random, *alarm, std::move(next), now);
  return state::commit_internal(means_.store, means_.journal, transaction).has_value();
}

}  // namespace cairn::cloudwatch

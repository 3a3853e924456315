#include <algorithm>

#include "services/cloudformation/engine/run.h"

/// Rollback triggers: alarms that are looked at while a stack becomes another, and for a while afterwards; one that goes off, or is not
/// there, ends the operation.
namespace cairn::cloudformation {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookInterval = 5s;

Json triggers_of(const Operation& operation) {
  return operation.about.value("RollbackConfiguration", Json::object()).value("RollbackTriggers", Json::array());
}

std::string alarm_of(const Json& trigger) {
  const std::string arn = trigger.at("Arn").get<std::string>();
  return arn.substr(arn.find(":alarm:") + 7);
}

}  // namespace

bool Run::has_triggers() const { return operation_.phase == Operation::Phase::kForward && !triggers_of(operation_).empty(); }

/// When to look again, if alarms are looked at.
std::optional<Time> Run::look_at_alarms() {
  if (!has_triggers() || triggers_.is_asking || !triggers_.failure.empty()) return std::nullopt;
  if (triggers_.next > means_.clock.now()) return triggers_.next;
  const aws::ServiceModel& service = *aws::service_model("monitoring");
  Json names = Json::array();
  for (const Json& trigger : triggers_of(operation_)) names.push_back(alarm_of(trigger));
  Outcome outcome{.stack = id_, .resource = "", .answer = {}};
  triggers_.is_asking = true;
  outcomes_->expect();
  Result<aws::Principal> principal = caller();
  if (!principal) {
    outcome.answer.refusal = {.status = 403, .code = "AccessDenied", .message = principal.error().message, .request_id = {}};
    outcomes_->put(std::move(outcome));
    return std::nullopt;
  }
  api::Client::Request request = api::request_of(service, *service.operation("DescribeAlarms"), operation_.region,
                                                 {{"AlarmNames", std::move(names)}, {"AlarmTypes", {"MetricAlarm", "CompositeAlarm"}}});
  request.principal = std::move(*principal);
  const auto out = std::make_shared<Json>();
  request.along = [out](state::Transaction&, const Json& answer) { *out = answer; };
  means_.client.call(std::move(request), [to = outcomes_, outcome = std::move(outcome), out](const http::Response& response) mutable {
    if (response.status < 300) outcome.answer.out = std::move(*out);
    else outcome.answer.refusal = api::refusal_of(response);
    to->put(std::move(outcome));
  });
  return std::nullopt;
}

void Run::take_alarms(const Answer& answer) {
  triggers_.is_asking = false;
  if (!has_triggers()) return;
  triggers_.next = means_.clock.now() + kLookInterval;
  triggers_.is_busy = !answer.out.has_value();
  if (!answer.out) {
    if (!passes(answer.refusal)) triggers_.failure = fmt::format("The rollback triggers cannot be looked at: {}. ", answer.refusal.message);
    return;
  }
  triggers_.is_seen = true;
  std::vector<std::string> off, missing;
  for (const Json& trigger : triggers_of(operation_)) {
    const std::string arn = trigger.at("Arn").get<std::string>();
    const Json* found = nullptr;
    for (const char* list : {"MetricAlarms", "CompositeAlarms"})
      if (const auto alarms = answer.out->find(list); alarms != answer.out->end())
        for (const Json& alarm : *alarms)
          if (alarm.value("AlarmArn", "") == arn) found = &alarm;
    if (found == nullptr) missing.push_back(arn);
    else if (found->value("StateValue", "") == "ALARM") off.push_back(arn);
  }
  if (!missing.empty()) triggers_.failure = fmt::format("The following rollback trigger(s) do not exist: [{}]. ", fmt::join(missing, ", "));
  if (!off.empty()) triggers_.failure = fmt::format("The following rollback trigger(s) went to ALARM state: [{}]. ", fmt::join(off, ", "));
}

/// All is made. Whether that has stood long enough; kLater: the journal takes nothing now.
Run::Progress Run::monitor() {
  const int minutes = operation_.about.value("RollbackConfiguration", Json::object()).value("MonitoringTimeInMinutes", 0);
  if (minutes > 0 && operation_.monitored_until == Time{}) {
    Operation next = operation_;
    next.monitored_until = means_.clock.now() + std::chrono::minutes(minutes);
    triggers_.is_seen = false;
    return commit([](state::Transaction&) {}, &next) ? Progress::kSome : Progress::kLater;
  }
  if (operation_.monitored_until > means_.clock.now()) return Progress::kNone;
  if (!has_triggers()) return end_forward();
  if (!triggers_.is_seen) {
    if (triggers_.is_asking || triggers_.is_busy) return Progress::kNone;
    triggers_.next = {};  // once more, now that all is as it shall be
    return Progress::kSome;
  }
  return end_forward();
}

}  // namespace cairn::cloudformation

#include "services/monitoring/composite.h"

#include "services/monitoring/rule.h"
#include "services/monitoring/threshold.h"

namespace cairn::cloudwatch {
namespace {

AlarmRule rule_of(const Alarm& composite) { return AlarmRule::read(composite.config.at("AlarmRule").get<std::string>()).value(); }

/// Friday 22 July, 2022 15:57:45 UTC
std::string long_time(Time time) {
  constexpr const char* kDays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  return fmt::format("{} {:02} {}, {} {} UTC", kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     timestamps::iso8601(time).substr(11, 8));
}

}  // namespace

std::string child_key(const Alarm& composite, const std::string& named) {
  if (!named.starts_with("arn:")) return documents::alarm(composite.account, composite.region, named);
  const std::string own = fmt::format("arn:aws:cloudwatch:{}:{}:alarm:", composite.region.str(), composite.account.str());
  return named.starts_with(own) ? documents::alarm(composite.account, composite.region, named.substr(own.size())) : "";
}

std::vector<std::string> children_of(const Alarm& composite) {
  std::vector<std::string> keys;
  const AlarmRule rule = rule_of(composite);
  for (const std::string& named : rule.children()) keys.push_back(child_key(composite, named));
  return keys;
}

NewState evaluate_rule(state::Transaction& state, const Alarm& composite, const std::string& cause) {
  Json triggering = Json::array();
  std::string reason;
  const bool holds = rule_of(composite).holds([&](const std::string& named) -> std::string {
    const std::optional<Alarm> child = find_alarm(state, child_key(composite, named));
    return child ? child->state : "";
  });
  NewState next{.value = holds ? "ALARM" : "OK", .reason = {}, .reason_data = {}};
  const std::optional<Alarm> child = cause.empty() ? std::nullopt : find_alarm(state, cause);
  if (child) {
    next.reason = fmt::format("{} transitioned to {} at {}", child->arn(), child->state, long_time(child->transitioned));
    triggering.push_back({{"arn", child->arn()}, {"state", {{"value", child->state}, {"timestamp", java_time(child->transitioned)}}}});
  } else {
    next.reason = fmt::format("{} was {} and its alarm rule evaluates to {}", composite.arn(),
                              composite.configured == composite.updated ? "created" : "updated", next.value);
  }
  next.reason_data = json::dump({{"triggeringAlarms", std::move(triggering)}});
  return next;
}

}  // namespace cairn::cloudwatch

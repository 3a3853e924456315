#include "rules/sending.h"

#include "base/json.h"

namespace cairn::rules {
namespace {

using namespace std::chrono_literals;
constexpr auto kRetryFirst = 1s, kRetryMost = 480s;  // so that 185 tries take about a day, as on AWS

/// Calls of an API destination share its rate, whoever makes them; all else is a target's own. No name has a colon in it.
std::string lane_of(const Rule& rule, const Target& target) {
  if (target.at().kind == TargetKind::kApiDestination)
    return fmt::format("events-api.{}.{}.{}", target.at().account.str(), target.at().region.str(), target.at().name);
  return fmt::format("events.{}.{}:{}:{}:{}", rule.bus.account.str(), rule.bus.region.str(), rule.bus.name, rule.name, target.id());
}

}  // namespace

outbox::Item item_of(const CompiledRule& compiled, const Target& target, std::string_view event, Time ingested) {
  const Rule& rule = compiled.rule;
  Json data{{"target", target.arn()}, {"event", event}};
  if (!target.role().empty()) data["role"] = target.role();
  if (!target.group().empty()) data["group"] = target.group();
  if (!target.http().empty()) data["http"] = target.http();
  Result<std::string> input =
      target.input_of(event, {.arn = rule.arn(), .name = rule.name, .ingestion_time = timestamps::iso8601(ingested)});
  if (!input) data["failure"] = input.error().message;
  else if (*input != event) data["input"] = std::move(*input);
  outbox::Item item{.lane = lane_of(rule, target), .owner = std::string(kOwner)};
  item.what = outbox::Deferred{std::move(data)};
  item.sender = {std::string(kServicePrincipal), rule.arn(), rule.bus.account};
  item.retry = {.growing = target.retries(),
                .least = kRetryFirst,
                .most = kRetryMost,
                .backoff = outbox::RetryPolicy::Backoff::kExponential,
                .age_max = target.age_max()};
  if (!target.dead_letter().empty())
    item.dead_letter = outbox::DeadLetter{
        .queue = target.dead_letter(), .attributes = {{"RULE_ARN", rule.arn()}, {"TARGET_ARN", target.arn()}}, .explains = true};
  return item;
}

}  // namespace cairn::rules

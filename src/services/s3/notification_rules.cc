#include "services/s3/notification_rules.h"

#include <algorithm>
#include <array>

#include "aws/names.h"
#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"

namespace cairn::s3 {
namespace {

constexpr size_t kRulesMax = 100;
constexpr size_t kFilterBytesMax = 1024;
constexpr size_t kArnBytesMax = 512;  // topics have names of up to 256, queues of less

constexpr auto kEvents = std::to_array<std::string_view>({
    "s3:IntelligentTiering",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition",
    "s3:ObjectAcl:Put",
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Put",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ObjectRestore:Post",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Delete",
    "s3:ObjectTagging:Put",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationReplicatedAfterThreshold",
});
static_assert(std::ranges::is_sorted(kEvents));

struct Kind {
  const char *list, *arn;     // members of the configuration
  std::string_view service;   // of the ARN
  std::string_view argument;  // how refusals name it
};
constexpr auto kKinds =
    std::to_array<Kind>({{"QueueConfigurations", "QueueArn", "sqs", "Queue"}, {"TopicConfigurations", "TopicArn", "sns", "Topic"}});

Error bad_argument(std::string_view message, std::string_view name, std::string_view value) {
  return Error(kInvalidArgument, "{}", message).with("ArgumentName", std::string(name)).with("ArgumentValue", std::string(value));
}

void check_target(const Kind& kind, const std::string& arn, const Bucket& bucket) {
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (parts.size() != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != kind.service || parts[5].empty() ||
      !aws::is_account_id(parts[4]) || parts[5].find('/') != std::string_view::npos || arn.size() > kArnBytesMax)
    throw bad_argument("The ARN could not be parsed", kind.argument, arn);
  if (parts[3] != bucket.region.str())
    throw bad_argument("The notification destination service region is not valid for the bucket location constraint", kind.argument, arn);
  if (arn.ends_with(".fifo")) throw bad_argument("FIFO destinations are not supported for notifications", kind.argument, arn);
}

/// "Prefix" and "Suffix", in whatever case they come, are shown so.
Json checked_filter(const Json& filter) {
  Json rules = Json::array();
  const auto key = filter.find("Key");
  if (key == filter.end() || !key->contains("FilterRules")) return rules;
  for (const Json& rule : key->at("FilterRules")) {
    const std::string asked = text_of(rule, "Name"), value = text_of(rule, "Value"), lower = text::lower(asked);
    if (lower != "prefix" && lower != "suffix")
      throw bad_argument("filter rule name must be either prefix or suffix", "FilterRule.Name", asked);
    if (value.size() > kFilterBytesMax)
      throw bad_argument("Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation", lower, value);
    const std::string name = lower == "prefix" ? "Prefix" : "Suffix";
    for (const Json& before : rules)
      if (before["Name"] == name)
        throw bad_argument(fmt::format("Cannot specify more than one {} rule in a filter.", lower), "FilterRule.Name", asked);
    rules.push_back({{"Name", name}, {"Value", value}});
  }
  return rules;
}

Json checked_rule(const Kind& kind, const Json& asked, const Bucket& bucket, env::Random& random) {
  const std::string arn = text_of(asked, kind.arn);
  check_target(kind, arn, bucket);
  const auto events = asked.find("Events");
  if (events == asked.end() || events->empty()) throw malformed_xml();
  for (const Json& event : *events)
    if (const std::string name = event.get<std::string>(); !std::ranges::binary_search(kEvents, name))
      throw bad_argument("The event is not supported for notifications", "Event", name);
  Json rule = Json::object();
  rule["Id"] = has(asked, "Id") ? text_of(asked, "Id") : random.uuid();
  rule[kind.arn] = arn;
  rule["Events"] = *events;
  if (has(asked, "Filter")) rule["Filter"]["Key"]["FilterRules"] = checked_filter(asked.at("Filter"));
  return rule;
}

/// "s3:ObjectCreated:*" and "s3:ObjectCreated:Put" have an event in common.
bool overlap(std::string_view a, std::string_view b) {
  if (a.ends_with('*')) return b.starts_with(a.substr(0, a.size() - 1));
  return b.ends_with('*') ? overlap(b, a) : a == b;
}

bool have_common_event(const NotificationRule& a, const NotificationRule& b) {
  return std::ranges::any_of(a.events, [&](const std::string& one) {
    return std::ranges::any_of(b.events, [&](const std::string& other) { return overlap(one, other); });
  });
}

/// Every event of a key has one destination at most.
void check_apart(const std::vector<NotificationRule>& rules) {
  const auto either_begins = [](std::string_view a, std::string_view b) { return a.starts_with(b) || b.starts_with(a); };
  const auto either_ends = [](std::string_view a, std::string_view b) { return a.ends_with(b) || b.ends_with(a); };
  for (size_t i = 0; i < rules.size(); ++i) {
    for (size_t k = i + 1; k < rules.size(); ++k) {
      const NotificationRule &a = rules[i], &b = rules[k];
      if (a.id == b.id) throw bad_argument("Configurations must have unique ids.", "Id", a.id);
      if (!have_common_event(a, b) || !either_begins(a.prefix, b.prefix) || !either_ends(a.suffix, b.suffix)) continue;
      const bool have_filters = !(a.prefix + a.suffix + b.prefix + b.suffix).empty();
      throw Error(kInvalidArgument, "{}",
                  have_filters ? "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
                                 "overlapping for the same event type."
                               : "Configurations overlap. Configurations on the same bucket cannot share a common event type.");
    }
  }
}

}  // namespace

bool NotificationRule::covers(std::string_view event, std::string_view key) const {
  if (!key.starts_with(prefix) || !key.ends_with(suffix)) return false;
  return std::ranges::any_of(events, [&](std::string_view each) { return overlap(each, fmt::format("s3:{}", event)); });
}

Json checked_notifications(const Json& asked, const Bucket& bucket, env::Random& random) {
  if (has(asked, "LambdaFunctionConfigurations"))
    throw Error(aws::kNotImplemented, "Notifications to Lambda are not implemented, as Lambda is not served here.");
  Json checked = Json::object();
  size_t count = 0;
  for (const Kind& kind : kKinds) {
    const auto list = asked.find(kind.list);
    if (list == asked.end()) continue;
    count += list->size();
    if (count > kRulesMax) throw Error(kInvalidArgument, "At most {} notification configurations are allowed.", kRulesMax);
    for (const Json& rule : *list) checked[kind.list].push_back(checked_rule(kind, rule, bucket, random));
  }
  check_apart(rules_of(checked));
  if (has(asked, "EventBridgeConfiguration")) checked["EventBridgeConfiguration"] = Json::object();
  return checked;
}

std::vector<NotificationRule> rules_of(const Json& configuration) {
  std::vector<NotificationRule> rules;
  for (const Kind& kind : kKinds) {
    const auto list = configuration.find(kind.list);
    if (list == configuration.end()) continue;
    for (const Json& one : *list) {
      NotificationRule rule{.id = text_of(one, "Id"), .target = text_of(one, kind.arn), .events = {}, .prefix = {}, .suffix = {}};
      for (const Json& event : one.at("Events")) rule.events.push_back(event.get<std::string>());
      if (has(one, "Filter"))
        for (const Json& filter : one.at("Filter").at("Key").at("FilterRules"))
          (filter["Name"] == "Prefix" ? rule.prefix : rule.suffix) = text_of(filter, "Value");
      rules.push_back(std::move(rule));
    }
  }
  return rules;
}

}  // namespace cairn::s3

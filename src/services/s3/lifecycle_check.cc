#include "services/s3/lifecycle_check.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/lifecycle_rules.h"

/// What AWS refuses of lifecycle rules.
namespace cairn::s3 {
namespace {

constexpr size_t kRulesMax = 1000, kIdBytesMax = 255;
constexpr int64_t kNewerMax = 100, kColdDaysMin = 30;

const Json* member(const Json& in, std::string_view name) {
  const auto it = in.find(name);
  return it == in.end() ? nullptr : &*it;
}

Error wrong_argument(std::string_view message) { return Error(kInvalidArgument, "{}", message); }

void require_positive(const Json& in, std::string_view name, std::string_view action) {
  const std::optional<int64_t> number = number_of(in, name);
  if (number && *number <= 0) throw wrong_argument(fmt::format("'{}' for {} action must be a positive integer", name, action));
}

void check_date(const Json& in) {
  const std::string text = text_of(in, "Date");
  const std::optional<Time> date = timestamps::parse_iso8601(text);
  if (!date) throw malformed_xml();
  if (std::chrono::floor<std::chrono::days>(*date) != *date) throw invalid_argument("'Date' must be at midnight GMT", "Date", text);
}

void check_filter(const Json& filter, bool is_and) {
  if (!is_and && filter.size() > 1) throw malformed_xml();
  const std::optional<int64_t> above = number_of(filter, "ObjectSizeGreaterThan"), below = number_of(filter, "ObjectSizeLessThan");
  if ((above && *above < 0) || (below && *below <= 0)) throw wrong_argument("Object sizes of a filter must be positive integers");
  if (above && below && *above >= *below)
    throw Error(kInvalidRequest, "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.");
  if (const Json* tags = member(filter, "Tags")) {
    std::set<std::string> keys;
    for (const Json& tag : *tags)
      if (!keys.insert(text_of(tag, "Key")).second) throw Error(kInvalidRequest, "Duplicate Tag Keys are not allowed.");
  }
  if (const Json* all = member(filter, "And")) check_filter(*all, true);
}

/// Whether a rule looks at more of an object than its key: uploads and delete markers have no more.
void check_key_only(const LifecycleRule& rule, std::string_view action) {
  if (!rule.tags.empty()) throw Error(kInvalidRequest, "{} cannot be specified with Tags.", action);
  if (action == "AbortIncompleteMultipartUpload" && (rule.larger_than || rule.smaller_than))
    throw Error(kInvalidRequest, "{} cannot be specified with Object Size.", action);
}

void check_expiration(const Json& expiration) {
  if (expiration.size() != 1) throw malformed_xml();
  require_positive(expiration, "Days", "Expiration");
  if (has(expiration, "Date")) check_date(expiration);
}

void check_transition(const Json& transition, std::string_view days, std::string_view action) {
  const std::string storage = text_of(transition, "StorageClass");
  static constexpr std::string_view kClasses[] = {"GLACIER",      "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
                                                  "DEEP_ARCHIVE", "GLACIER_IR"};
  if (std::ranges::find(kClasses, storage) == std::end(kClasses)) throw malformed_xml();
  if (has(transition, "Date")) {
    if (has(transition, days)) throw malformed_xml();
    return check_date(transition);
  }
  const std::optional<int64_t> after = number_of(transition, days);
  if (!after) throw malformed_xml();
  if (*after < 0) throw wrong_argument(fmt::format("'{}' in {} action must be nonnegative", days, action));
  if ((storage == "STANDARD_IA" || storage == "ONEZONE_IA") && *after < kColdDaysMin) {
    throw wrong_argument(
        fmt::format("'{}' in {} action must be greater than or equal to {} for storageClass '{}'", days, action, kColdDaysMin, storage));
  }
}

void check_transitions(const Json& rule) {
  if (const Json* transitions = member(rule, "Transitions")) {
    const Json* expiration = member(rule, "Expiration");
    const std::optional<int64_t> end = expiration != nullptr ? number_of(*expiration, "Days") : std::nullopt;
    for (const Json& transition : *transitions) {
      check_transition(transition, "Days", "Transition");
      const std::optional<int64_t> after = number_of(transition, "Days");
      if (end && after && *end <= *after)
        throw wrong_argument("'Days' in the Expiration action must be greater than 'Days' in the Transition action");
    }
  }
  if (const Json* transitions = member(rule, "NoncurrentVersionTransitions"))
    for (const Json& transition : *transitions) check_transition(transition, "NoncurrentDays", "NoncurrentVersionTransition");
}

void check_actions(const Json& rule) {
  const LifecycleRule meant = enabled_rules({{"rules", Json::array({[&] {
                                                Json enabled = rule;
                                                enabled["Status"] = "Enabled";
                                                return enabled;
                                              }()})}})
                                  .front();
  bool has_action = false;
  for (std::string_view action :
       {"Expiration", "Transitions", "NoncurrentVersionTransitions", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"})
    has_action = has_action || has(rule, action);
  if (!has_action) throw Error(kInvalidRequest, "At least one action needs to be specified in a rule");
  if (const Json* expiration = member(rule, "Expiration")) check_expiration(*expiration);
  if (meant.removes_expired_markers) check_key_only(meant, "ExpiredObjectDeleteMarker");
  if (const Json* noncurrent = member(rule, "NoncurrentVersionExpiration")) {
    if (noncurrent->empty() || !has(*noncurrent, "NoncurrentDays")) throw malformed_xml();
    require_positive(*noncurrent, "NoncurrentDays", "NoncurrentVersionExpiration");
    require_positive(*noncurrent, "NewerNoncurrentVersions", "NoncurrentVersionExpiration");
    if (number_of(*noncurrent, "NewerNoncurrentVersions").value_or(0) > kNewerMax)
      throw wrong_argument("'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be at most 100");
  }
  if (const Json* abort = member(rule, "AbortIncompleteMultipartUpload")) {
    if (!has(*abort, "DaysAfterInitiation")) throw malformed_xml();
    require_positive(*abort, "DaysAfterInitiation", "AbortIncompleteMultipartUpload");
    check_key_only(meant, "AbortIncompleteMultipartUpload");
  }
  check_transitions(rule);
}

}  // namespace

Json checked_rules(const Json& configuration, env::Random& random) {
  const Json* rules = member(configuration, "Rules");
  if (rules == nullptr || rules->empty() || rules->size() > kRulesMax) throw malformed_xml();
  Json kept = *rules;
  std::set<std::string> ids;
  for (Json& rule : kept) {
    if (text_of(rule, "ID").empty()) rule["ID"] = random.uuid();
    const std::string id = text_of(rule, "ID");
    if (id.size() > kIdBytesMax) throw wrong_argument("ID length should not exceed allowed limit of 255");
    if (!ids.insert(id).second) throw wrong_argument("Rule ID must be unique. Found same ID for more than one rule");
    const std::string status = text_of(rule, "Status");
    if ((status != "Enabled" && status != "Disabled") || has(rule, "Filter") == has(rule, "Prefix")) throw malformed_xml();
    if (const Json* filter = member(rule, "Filter")) check_filter(*filter, false);
    check_actions(rule);
  }
  return kept;
}

}  // namespace cairn::s3

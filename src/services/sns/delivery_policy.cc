#include "services/sns/delivery_policy.h"

#include "services/sns/errors.h"

namespace cairn::sns {
namespace {

constexpr int64_t kRetriesMax = 100, kDelayMax = 3600;  // seconds
constexpr const char* kPlainText = "text/plain; charset=UTF-8";

struct Count {
  const char* name;
  int64_t otherwise, least, most;
};
constexpr Count kCounts[] = {{"minDelayTarget", 20, 1, kDelayMax},     {"maxDelayTarget", 20, 1, kDelayMax},
                             {"numRetries", 3, 0, kRetriesMax},        {"numMaxDelayRetries", 0, 0, kRetriesMax},
                             {"numNoDelayRetries", 0, 0, kRetriesMax}, {"numMinDelayRetries", 0, 0, kRetriesMax}};
constexpr std::string_view kFunctions[] = {"linear", "arithmetic", "geometric", "exponential"};  // as outbox::RetryPolicy::Backoff

Error refusal(std::string_view parameter, std::string_view why) {
  return Error(kInvalidParameter, "Invalid parameter: {}: {}", parameter, why);
}

Json parsed(std::string_view text, std::string_view parameter) {
  Result<Json> document = json::parse(text);
  if (!document) throw refusal(parameter, "failed to parse JSON. " + document.error().message);
  if (!document->is_object()) throw refusal(parameter, "must be a JSON object");
  return std::move(*document);
}

/// The policy with every member, as far as it is one.
Json whole_retry_policy(const Json& given, std::string_view parameter) {
  if (!given.is_object()) throw refusal(parameter, "healthyRetryPolicy must be an object");
  Json whole = Json::object();
  for (const Count& count : kCounts) {
    const Json value = given.value(count.name, Json(count.otherwise));
    if (!value.is_number_integer() || value.get<int64_t>() < count.least || value.get<int64_t>() > count.most)
      throw refusal(parameter, fmt::format("{} must be between {} and {}", count.name, count.least, count.most));
    whole[count.name] = value;
  }
  const auto n = [&](const char* name) { return whole[name].get<int64_t>(); };
  if (n("maxDelayTarget") < n("minDelayTarget")) throw refusal(parameter, "maxDelayTarget must not be less than minDelayTarget");
  if (n("numNoDelayRetries") + n("numMinDelayRetries") + n("numMaxDelayRetries") > n("numRetries"))
    throw refusal(parameter, "numRetries must not be less than the retries of its phases");
  const Json function = given.value("backoffFunction", Json("linear"));
  if (!function.is_string() || std::ranges::find(kFunctions, function.get<std::string>()) == std::end(kFunctions))
    throw refusal(parameter, "unknown backoffFunction " + json::dump(function));
  whole["backoffFunction"] = function;
  return whole;
}

Json whole_request_policy(const Json& given, std::string_view parameter) {
  const Json type = given.is_object() ? given.value("headerContentType", Json(kPlainText)) : Json();
  if (!type.is_string() || type.get<std::string>().find_first_of("\r\n") != std::string::npos)
    throw refusal(parameter, "headerContentType must be a content type");
  return {{"headerContentType", type}};
}

void refuse_throttle(const Json& policy, const char* member) {
  if (const auto at = policy.find(member); at != policy.end() && !at->is_null())
    throw Error(aws::kNotImplemented, "Deliveries are not throttled here: leave {} out of the delivery policy.", member);
}

Json whole_topic_policy(const std::string& text, std::string_view parameter) {
  const Json policy = text.empty() ? Json::object() : parsed(text, parameter);
  const Json http = policy.value("http", Json::object());
  if (!http.is_object()) throw refusal(parameter, "http must be an object");
  refuse_throttle(http, "defaultThrottlePolicy");
  return {{"defaultHealthyRetryPolicy", whole_retry_policy(http.value("defaultHealthyRetryPolicy", Json::object()), parameter)},
          {"disableSubscriptionOverrides", http.value("disableSubscriptionOverrides", Json(false)) == true},
          {"defaultRequestPolicy", whole_request_policy(http.value("defaultRequestPolicy", Json::object()), parameter)}};
}

}  // namespace

void check_topic_delivery_policy(std::string_view text, std::string_view parameter) {
  const Json policy = parsed(text, parameter);
  for (const auto& [name, value] : policy.items())
    if (name != "http") throw refusal(parameter, "unknown member " + name);
  whole_topic_policy(std::string(text), parameter);
}

std::string subscription_delivery_policy(std::string_view text, std::string_view parameter) {
  const Json policy = parsed(text, parameter);
  refuse_throttle(policy, "throttlePolicy");
  refuse_throttle(policy, "sicklyRetryPolicy");
  Json whole{{"healthyRetryPolicy", nullptr},
             {"sicklyRetryPolicy", nullptr},
             {"throttlePolicy", nullptr},
             {"requestPolicy", nullptr},
             {"guaranteed", false}};
  for (const auto& [name, value] : policy.items()) {
    if (!whole.contains(name)) throw refusal(parameter, "unknown member " + name);
    if (value.is_null()) continue;
    if (name == "guaranteed" && value != false)
      throw Error(aws::kNotImplemented, "Deliveries are not guaranteed here: leave out guaranteed.");
    if (name == "healthyRetryPolicy") whole[name] = whole_retry_policy(value, parameter);
    if (name == "requestPolicy") whole[name] = whole_request_policy(value, parameter);
  }
  return json::dump(whole);
}

Json effective_delivery_policy(const std::string& topic) { return {{"http", whole_topic_policy(topic, "DeliveryPolicy")}}; }

Json effective_delivery_policy(const std::string& topic, const std::string& subscription) {
  const Json defaults = whole_topic_policy(topic, "DeliveryPolicy");
  Json policy = {{"healthyRetryPolicy", defaults["defaultHealthyRetryPolicy"]},
                 {"sicklyRetryPolicy", nullptr},
                 {"throttlePolicy", nullptr},
                 {"requestPolicy", defaults["defaultRequestPolicy"]},
                 {"guaranteed", false}};
  if (subscription.empty() || defaults["disableSubscriptionOverrides"] == true) return policy;
  const Json own = json::parse(subscription).value();
  for (const char* name : {"healthyRetryPolicy", "requestPolicy"})
    if (const auto at = own.find(name); at != own.end() && !at->is_null()) policy[name] = *at;
  return policy;
}

outbox::RetryPolicy retry_policy_of(const Json& effective) {
  const Json& policy = effective.at("healthyRetryPolicy");
  const auto n = [&](const char* name) { return policy.at(name).get<int>(); };
  outbox::RetryPolicy retry{.immediate = n("numNoDelayRetries"),
                            .before = n("numMinDelayRetries"),
                            .growing = n("numRetries") - n("numNoDelayRetries") - n("numMinDelayRetries") - n("numMaxDelayRetries"),
                            .after = n("numMaxDelayRetries"),
                            .least = std::chrono::seconds(n("minDelayTarget")),
                            .most = std::chrono::seconds(n("maxDelayTarget")),
                            .age_max = std::nullopt};
  const auto function = std::ranges::find(kFunctions, policy.at("backoffFunction").get<std::string>());
  retry.backoff = static_cast<outbox::RetryPolicy::Backoff>(function - std::begin(kFunctions));
  return retry;
}

std::string content_type_of(const Json& effective) { return effective.at("requestPolicy").at("headerContentType").get<std::string>(); }

}  // namespace cairn::sns

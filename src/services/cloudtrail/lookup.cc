#include "api/operation.h"
#include "api/ports.h"
#include "base/time.h"
#include "history/store.h"
#include "history/token.h"

namespace cairn::services {
namespace {

using history::Attribute;

constexpr aws::ErrorKind kInvalidLookupAttributes{.code = "InvalidLookupAttributesException"};
constexpr aws::ErrorKind kInvalidTimeRange{.code = "InvalidTimeRangeException"};
constexpr aws::ErrorKind kInvalidMaxResults{.code = "InvalidMaxResultsException"};
constexpr aws::ErrorKind kInvalidNextToken{.code = "InvalidNextTokenException"};
constexpr aws::ErrorKind kInvalidEventCategory{.code = "InvalidEventCategoryException"};

constexpr int64_t kMaxResults = 50;

std::optional<Time> time_of(const Json& in, const char* member) {
  const auto it = in.find(member);
  if (it == in.end() || !it->is_string()) return std::nullopt;
  const auto time = timestamps::parse_iso8601(it->get<std::string>());
  if (!time) throw aws::Error(kInvalidTimeRange, "{} is not a valid time.", member);
  return time;
}

std::vector<history::Filter> filters_of(const Json& in, bool insight) {
  std::vector<history::Filter> filters;
  const auto list = in.find("LookupAttributes");
  if (list == in.end()) return filters;
  if (list->size() > 1) throw aws::Error(kInvalidLookupAttributes, "You can specify only one lookup attribute.");
  for (const Json& item : *list) {
    const std::string key = item.value("AttributeKey", "");
    const auto attribute = history::attribute_named(key);
    if (!attribute) throw aws::Error(kInvalidLookupAttributes, "{} is not a valid lookup attribute.", key);
    if (insight && *attribute != Attribute::kEventId && *attribute != Attribute::kEventName && *attribute != Attribute::kEventSource) {
      throw aws::Error(kInvalidLookupAttributes, "Insights events cannot be looked up by {}.", key);
    }
    filters.push_back({*attribute, item.value("AttributeValue", "")});
  }
  return filters;
}

/// Everything but the page's size and place: a NextToken must come with the same again.
std::string fingerprint_of(const Json& in, const history::Query& query) {
  Json same = in;
  same.erase("NextToken");
  same.erase("MaxResults");
  return json::dump(Json::array({"LookupEvents", query.account, query.region, same}));
}

Json event_of(const history::Event& event) {
  const event::Attributes& a = event.attributes;
  Json out = {{"EventId", a.event_id}, {"EventName", a.event_name}, {"ReadOnly", a.read_only ? "true" : "false"}};
  if (!a.access_key.empty()) out["AccessKeyId"] = a.access_key;
  out["EventTime"] = timestamps::iso8601(a.time);
  out["EventSource"] = a.event_source;
  if (!a.username.empty()) out["Username"] = a.username;
  Json& resources = out["Resources"] = Json::array();
  for (const event::LookupResource& resource : a.resources) {
    Json& shown = resources.emplace_back(Json::object());
    if (!resource.type.empty()) shown["ResourceType"] = resource.type;
    shown["ResourceName"] = resource.name;
  }
  out["CloudTrailEvent"] = event.record;
  return out;
}

/// Management events of the caller's account and the call's region, newest first.
/// Differs from AWS: no limit of two calls a second; times are looked at in whole seconds.
void lookup_events(api::Call& call) {
  const Json& in = call.in;
  history::Query query;
  query.account = call.account.str();
  query.region = call.region.str();
  const std::string category = in.value("EventCategory", "");
  if (!category.empty() && category != "insight") {
    throw aws::Error(kInvalidEventCategory, "{} is not a valid event category.", category);
  }
  query.filters = filters_of(in, !category.empty());
  query.start = time_of(in, "StartTime");
  query.end = time_of(in, "EndTime");
  if (query.start && query.end && *query.start > *query.end) {
    throw aws::Error(kInvalidTimeRange, "The start time must not be after the end time.");
  }
  const int64_t limit = in.value("MaxResults", kMaxResults);
  if (limit < 1 || limit > kMaxResults) {
    throw aws::Error(kInvalidMaxResults, "MaxResults must be between 1 and {}.", kMaxResults);
  }
  query.limit = static_cast<size_t>(limit);
  const std::string parameters = fingerprint_of(in, query);
  if (const auto token = in.find("NextToken"); token != in.end()) {
    query.before = history::decode_token(token->get<std::string>(), parameters);
    if (!query.before) throw aws::Error(kInvalidNextToken, "The NextToken is not valid, or was given for other parameters.");
  }

  Json& events = call.out["Events"] = Json::array();
  if (!category.empty()) return;                 // no Insights are made yet, so there are none to find
  const auto page = call.ports->history->search(query);
  if (!page) throw aws::Error(aws::kInternalFailure, "The event history cannot be read; the server's log says why.");
  for (const history::Event& event : page->events) events.push_back(event_of(event));
  if (page->next) call.out["NextToken"] = history::encode_token(*page->next, parameters);
}

constexpr api::Operation kOperations[] = {
    {.name = "LookupEvents", .handle = lookup_events, .runs = api::Runs::kPool},
};

}  // namespace

extern const api::Family cloudtrail_lookup;
const api::Family cloudtrail_lookup{"cloudtrail", kOperations};

}  // namespace cairn::services

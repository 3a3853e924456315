#include "api/operation.h"
#include "api/ports.h"
#include "base/time.h"
#include "history/store.h"
#include "history/token.h"

namespace cairn::services {
namespace {

using Category = history::Query::Category;

constexpr aws::ErrorKind kInvalidTimeRange{.code = "InvalidTimeRangeException"};
constexpr aws::ErrorKind kInvalidNextToken{.code = "InvalidNextTokenException"};

constexpr int64_t kResultsMax = 1000;
constexpr int64_t kResultsUsual = 50;

std::optional<Time> time_of(const Json& in, const char* member) {
  const auto it = in.find(member);
  if (it == in.end() || !it->is_string()) return std::nullopt;
  const auto time = timestamps::parse_iso8601(it->get<std::string>());
  if (!time) throw aws::Error(kInvalidTimeRange, "{} is not a valid time.", member);
  return time;
}

Category category_of(const Json& in) {
  const std::string category = in.value("Category", "MANAGEMENT");
  if (category == "DATA") return Category::kData;
  return category == "ALL" ? Category::kAll : Category::kManagement;
}

history::Query query_of(const api::Call& call) {
  const Json& in = call.in;
  history::Query query;
  query.account = call.account.str();
  query.region = in.value("Region", "");
  query.category = category_of(in);
  if (const auto list = in.find("Filters"); list != in.end()) {
    for (const Json& item : *list) {
      const std::string name = item.value("Attribute", "");
      const auto attribute = history::attribute_named(name);
      if (!attribute) throw aws::Error(aws::kValidation, "{} is not an attribute of events.", name);
      query.filters.push_back({*attribute, item.value("Value", "")});
    }
  }
  query.start = time_of(in, "StartTime");
  query.end = time_of(in, "EndTime");
  if (query.start && query.end && *query.start > *query.end) {
    throw aws::Error(kInvalidTimeRange, "The start time must not be after the end time.");
  }
  const int64_t limit = in.value("MaxResults", kResultsUsual);
  if (limit < 1 || limit > kResultsMax) throw aws::Error(aws::kValidation, "MaxResults must be between 1 and {}.", kResultsMax);
  query.limit = static_cast<size_t>(limit);
  if (const auto cursor = in.find("NewerThan"); cursor != in.end()) {
    query.newer_than = history::parse_cursor(cursor->get<std::string>());
    if (!query.newer_than) throw aws::Error(aws::kValidation, "NewerThan must be the Cursor of an event.");
  }
  return query;
}

Json event_of(const history::Event& event, json::Document& document) {
  const event::Attributes& a = event.attributes;
  Json out = {{"EventId", a.event_id}, {"EventName", a.event_name}, {"ReadOnly", a.read_only ? "true" : "false"},
              {"EventTime", timestamps::iso8601(a.time)}, {"EventSource", a.event_source}};
  if (!a.username.empty()) out["Username"] = a.username;
  if (!a.access_key.empty()) out["AccessKeyId"] = a.access_key;
  if (!a.error_code.empty()) out["ErrorCode"] = a.error_code;
  out["Region"] = a.region;
  out["Category"] = a.management ? "MANAGEMENT" : "DATA";
  if (const auto record = document.parse(event.record)) {
    if (const auto address = (*record)["sourceIPAddress"].string()) out["SourceIPAddress"] = *address;
  }
  Json& resources = out["Resources"] = Json::array();
  for (const event::LookupResource& resource : a.resources) {
    Json& shown = resources.emplace_back(Json::object());
    if (!resource.type.empty()) shown["ResourceType"] = resource.type;
    shown["ResourceName"] = resource.name;
  }
  out["CloudTrailEvent"] = event.record;
  out["Cursor"] = history::cursor_text(event.cursor);
  return out;
}

/// Like CloudTrail's LookupEvents, without its limits: several filters at once, all regions (no Region given), data events, up to
/// 1,000 events a page, and NewerThan for those who follow the newest.
void search_events(api::Call& call) {
  history::Query query = query_of(call);
  Json same = call.in;
  same.erase("NextToken");
  same.erase("MaxResults");
  const std::string parameters = json::dump(Json::array({"SearchEvents", query.account, same}));
  if (const auto token = call.in.find("NextToken"); token != call.in.end()) {
    query.before = history::decode_token(token->get<std::string>(), parameters);
    if (!query.before) throw aws::Error(kInvalidNextToken, "The NextToken is not valid, or was given for other parameters.");
  }
  const auto page = call.ports->history->search(query);
  if (!page) throw aws::Error(aws::kInternalFailure, "The event history cannot be read; the server's log says why.");
  json::Document document;
  Json& events = call.out["Events"] = Json::array();
  for (const history::Event& event : page->events) events.push_back(event_of(event, document));
  if (page->next) call.out["NextToken"] = history::encode_token(*page->next, parameters);
}

constexpr api::Operation kOperations[] = {
    {.name = "SearchEvents", .handle = search_events, .runs = api::Runs::kPool},
};

}  // namespace

extern const api::Family cairn_search;
const api::Family cairn_search{"cairn", kOperations};

}  // namespace cairn::services

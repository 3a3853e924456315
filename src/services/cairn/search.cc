#include "api/operation.h"
#include "api/ports.h"
#include "event/sensitive.h"
#include "history/lookup.h"
#include "history/token.h"

namespace cairn::services {
namespace {

using Category = history::Query::Category;

constexpr int64_t kResultsMax = 1000;
constexpr int64_t kResultsUsual = 50;

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
  history::read_times(in, query);
  const int64_t limit = in.value("MaxResults", kResultsUsual);
  if (limit < 1 || limit > kResultsMax) throw aws::Error(aws::kValidation, "MaxResults must be between 1 and {}.", kResultsMax);
  query.limit = static_cast<size_t>(limit);
  if (const auto cursor = in.find("NewerThan"); cursor != in.end()) {
    query.newer_than = history::parse_cursor(cursor->get<std::string>());
    if (!query.newer_than) throw aws::Error(aws::kValidation, "NewerThan must be the Cursor of an event.");
  }
  return query;
}

Json event_of(const history::Event& event) {
  thread_local json::Document document;
  const event::Attributes& a = event.attributes;
  Json out = history::lookup_event(event);
  if (!a.error_code.empty()) out["ErrorCode"] = a.error_code;
  out["Region"] = a.region;
  out["Category"] = a.management ? "MANAGEMENT" : "DATA";
  if (const auto record = document.parse(event.record)) {
    if (const auto address = (*record)["sourceIPAddress"].string()) out["SourceIPAddress"] = *address;
  }
  for (const std::string_view kind : event::kinds_of(event::find_sensitive(event.record))) out["SensitiveData"].push_back(kind);
  out["Cursor"] = history::cursor_text(event.cursor);
  return out;
}

/// Like CloudTrail's LookupEvents, without its limits: several filters at once, all regions (no Region given), data events, up to
/// 1,000 events a page, and NewerThan for those who follow the newest.
void search_events(api::Call& call) { call.out = history::answer(*call.ports->history, "SearchEvents", call.in, query_of(call), event_of); }

constexpr api::Operation kOperations[] = {
    {.name = "SearchEvents", .handle = search_events, .runs = api::Runs::kPool},
};

}  // namespace

extern const api::Family cairn_search;
const api::Family cairn_search{"cairn", kOperations};

}  // namespace cairn::services

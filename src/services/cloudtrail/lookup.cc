#include "api/operation.h"
#include "api/ports.h"
#include "history/lookup.h"

namespace cairn::services {
namespace {

using history::Attribute;

constexpr aws::ErrorKind kInvalidLookupAttributes{.code = "InvalidLookupAttributesException"};
constexpr aws::ErrorKind kInvalidMaxResults{.code = "InvalidMaxResultsException"};
constexpr aws::ErrorKind kInvalidEventCategory{.code = "InvalidEventCategoryException"};

constexpr int64_t kMaxResults = 50;

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
  history::read_times(in, query);
  const int64_t limit = in.value("MaxResults", kMaxResults);
  if (limit < 1 || limit > kMaxResults) {
    throw aws::Error(kInvalidMaxResults, "MaxResults must be between 1 and {}.", kMaxResults);
  }
  query.limit = static_cast<size_t>(limit);
  if (!category.empty()) {  // no Insights are made yet, so there are none to find
    call.out["Events"] = Json::array();
    return;
  }
  call.reply.body = history::answer(*call.ports->history, "LookupEvents", in, std::move(query), history::write_lookup_members);
}

constexpr api::Operation kOperations[] = {
    {.name = "LookupEvents", .handle = lookup_events, .runs = api::Runs::kPool},
};

}  // namespace

extern const api::Family cloudtrail_lookup;
const api::Family cloudtrail_lookup{"cloudtrail", kOperations};

}  // namespace cairn::services

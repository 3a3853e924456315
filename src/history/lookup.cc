#include "history/lookup.h"

#include "aws/error.h"
#include "base/time.h"
#include "history/token.h"

namespace cairn::history {
namespace {

constexpr aws::ErrorKind kInvalidTimeRange{.code = "InvalidTimeRangeException"};
constexpr aws::ErrorKind kInvalidNextToken{.code = "InvalidNextTokenException"};

std::optional<Time> time_of(const Json& in, const char* member) {
  const auto it = in.find(member);
  if (it == in.end() || !it->is_string()) return std::nullopt;
  const auto time = timestamps::parse_iso8601(it->get<std::string>());
  if (!time) throw aws::Error(kInvalidTimeRange, "{} is not a valid time.", member);
  return time;
}

}  // namespace

void read_times(const Json& in, Query& query) {
  query.start = time_of(in, "StartTime");
  query.end = time_of(in, "EndTime");
  if (query.start && query.end && *query.start > *query.end) {
    throw aws::Error(kInvalidTimeRange, "The start time must not be after the end time.");
  }
}

Tokens::Tokens(std::string_view operation, const Json& in, const Query& query) {
  Json same = in;
  same.erase("NextToken");
  same.erase("MaxResults");
  parameters_ = json::dump(Json::array({operation, query.account, query.region, same}));
}

void Tokens::read(const Json& in, Query& query) const {
  const auto token = in.find("NextToken");
  if (token == in.end()) return;
  const std::optional<Cursor> cursor = decode_token(token->get<std::string>(), parameters_);
  if (!cursor) throw aws::Error(kInvalidNextToken, "The NextToken is not valid, or was given for other parameters.");
  (query.order == Query::Order::kNewestFirst ? query.before : query.newer_than) = cursor;
}

std::string Tokens::write(const Cursor& cursor) const { return encode_token(cursor, parameters_); }

Json answer(History& history, std::string_view operation, const Json& in, Query query, EventOf event_of) {
  const Tokens tokens(operation, in, query);
  tokens.read(in, query);
  Result<Page> page = history.search(query);
  if (!page) throw aws::Error(aws::kInternalFailure, "The event history cannot be read; the server's log says why.");
  Json out = {{"Events", Json::array()}};
  for (Event& event : page->events) out["Events"].push_back(event_of(std::move(event)));
  if (page->next) out["NextToken"] = tokens.write(*page->next);
  return out;
}

Json lookup_event(Event&& event) {
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
  out["CloudTrailEvent"] = std::move(event.record);
  return out;
}

}  // namespace cairn::history

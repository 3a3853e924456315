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

std::string answer(History& history, std::string_view operation, const Json& in, Query query, WriteMembers write_members,
                   const std::vector<std::string>& hints) {
  constexpr size_t kOtherBytes = 512;  // of an event, beside its record
  const Tokens tokens(operation, in, query);
  tokens.read(in, query);
  const Result<Page> page = history.search(query);
  if (!page) throw aws::Error(aws::kInternalFailure, "The event history cannot be read; the server's log says why.");
  size_t bytes = 0;
  for (const Event& event : page->events) bytes += event.record.size() * 5 / 4 + kOtherBytes;  // a record is quoted
  std::string text;
  text.reserve(bytes);
  json::Writer out(text);
  out.begin_object().key("Events").begin_array();
  for (const Event& event : page->events) {
    out.begin_object();
    write_members(out, event);
    out.end_object();
  }
  out.end_array();
  if (page->next) out.key("NextToken").string(tokens.write(*page->next));
  if (!hints.empty()) {
    out.key("Hints").begin_array();
    for (const std::string& hint : hints) out.string(hint);
    out.end_array();
  }
  out.end_object();
  return text;
}

void write_lookup_members(json::Writer& out, const Event& event) {
  const event::Attributes& a = event.attributes;
  out.key("EventId").string(a.event_id).key("EventName").string(a.event_name).key("ReadOnly").string(a.read_only ? "true" : "false");
  if (!a.access_key.empty()) out.key("AccessKeyId").string(a.access_key);
  out.key("EventTime").number(std::chrono::floor<std::chrono::seconds>(a.time).time_since_epoch().count());
  out.key("EventSource").string(a.event_source);
  if (!a.username.empty()) out.key("Username").string(a.username);
  out.key("Resources").begin_array();
  for (const event::LookupResource& resource : a.resources) {
    out.begin_object();
    if (!resource.type.empty()) out.key("ResourceType").string(resource.type);
    out.key("ResourceName").string(resource.name).end_object();
  }
  out.end_array().key("CloudTrailEvent").string(event.record);
}

}  // namespace cairn::history

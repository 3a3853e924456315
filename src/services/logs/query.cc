#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "services/logs/errors.h"
#include "services/logs/group.h"
#include "services/logs/queries.h"

/// CloudWatch Logs Insights: queries over the events of log groups. The language is src/logquery's.
namespace cairn::logs_service {
namespace {

constexpr ErrorKind kMalformedQuery{.code = "MalformedQueryException"};
constexpr size_t kGroupsMax = 50;
constexpr size_t kRowsInAnswerMax = 10'000, kListedMax = 1000;
constexpr size_t kAnswerBytesMax = 32 << 20,
                 kFieldBytes = 256;               // of memory that an answer's rows take, and of it what a field takes beside its text
constexpr int64_t kSecondsMax = 100'000'000'000;  // since 1970: the year 5138

std::string_view name_of(Queries::Status status) {
  constexpr std::string_view kNames[] = {"Scheduled", "Running", "Complete", "Failed", "Cancelled", "Timeout"};
  return kNames[static_cast<size_t>(status)];
}

/// `begin`, `end`: of the bytes of `query` that say so.
Error malformed(const std::string& message, std::string_view query, size_t begin, size_t end) {
  const size_t first = text::code_points(query.substr(0, begin)), last = text::code_points(query.substr(0, end));
  const Json where{{"location", {{"startCharOffset", first}, {"endCharOffset", last}}}, {"message", message}};
  return Error(kMalformedQuery, "{}", message).with("queryCompileError", json::dump(where));
}

void refuse_language(const api::Call& call) {
  const std::string language = call.in.value("queryLanguage", "CWLI");
  if (language != "CWLI") throw Error(aws::kNotImplemented, "Queries in {} are not implemented; queryLanguage must be CWLI.", language);
}

void check_query(const std::string& text) {
  const Result<logquery::Query, logquery::Refusal> query = logquery::Query::compile(text);
  if (query) return;
  const logquery::Refusal& refusal = query.error();
  if (refusal.is_missing) throw Error(aws::kNotImplemented, "{}", refusal.message);
  throw malformed(refusal.message, text, refusal.begin, refusal.end);
}

std::vector<Group> groups_of(api::Call& call) {
  const Json& in = call.in;
  const auto given = [&](const char* member) { return in.contains(member) && !in.at(member).empty(); };
  if (given("logGroupName") + given("logGroupNames") + given("logGroupIdentifiers") != 1)
    throw Error(kInvalidParameter, "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified.");
  std::vector<std::string> names;
  const auto add = [&](const Json& each) {  // an ARN means what its group's name does
    const std::string name = each.get<std::string>();
    names.push_back(name.starts_with("arn:") ? name_of_arn(call, name) : name);
  };
  if (given("logGroupName")) add(in.at("logGroupName"));
  for (const char* member : {"logGroupNames", "logGroupIdentifiers"})
    if (given(member))
      for (const Json& each : in.at(member)) add(each);
  if (names.size() > kGroupsMax) throw Error(kInvalidParameter, "A query can have at most {} log groups.", kGroupsMax);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<Group> groups;
  for (const std::string& name : names) groups.emplace_back(open_group(call, name)).tags.clear();  // a query needs none
  return groups;
}

/// Differs from AWS: a query and its results are gone after a restart; the oldest results go as well when all need too much memory, and
/// a query that needs too much fails.
void start_query(api::Call& call) {
  const Json& in = call.in;
  refuse_language(call);
  const std::string text = in.at("queryString").get<std::string>();
  check_query(text);
  const std::vector<Group> groups = groups_of(call);
  const int64_t start = std::min(in.at("startTime").get<int64_t>(), kSecondsMax) * 1000;
  const int64_t end = std::min(in.at("endTime").get<int64_t>(), kSecondsMax) * 1000;
  if (start > end) throw Error(kInvalidParameter, "startTime must be before endTime.");

  Queries::Asked asked{.id = call.request_id,  // a decision that is made again starts nothing again
                       .text = text,
                       .caller = call.principal.arn,
                       .account = call.account,
                       .region = call.region,
                       .groups = groups,
                       .start = start,
                       .end = end,
                       .rows = in.value("limit", logquery::Query::kRowsDefault),
                       .created = call.now};
  const auto is_in_time = [&](const Group& group) {
    return end >= group.created.time_since_epoch().count() && end >= group.oldest_wanted(call.now);
  };
  if (std::ranges::none_of(groups, is_in_time)) {
    throw malformed(
        "Query's end date and time is either before the log groups creation time or exceeds the log groups log retention settings", text, 0,
        text.size());
  }
  const Result<void, Queries::Refused> started = call.ports->log_queries->start(std::move(asked));
  if (!started && started.error() == Queries::Refused::kTooMany)
    throw Error(kLimitExceeded, "Account maximum query concurrency limit of [{}] reached.", Queries::kUnfinishedMax);
  if (!started) throw Error(aws::kServiceUnavailable, "Too many queries wait.");
  call.out["queryId"] = call.request_id;
}

Queries::Seen open_query(const api::Call& call) {
  const std::string id = call.in.at("queryId").get<std::string>();
  std::optional<Queries::Seen> found = call.ports->log_queries->find(call.account, call.region, id);
  if (!found) throw Error(kNotFound, "The specified query does not exist: {}", id);
  return std::move(*found);
}

/// The number of the row that a page begins with.
size_t first_row(const api::Call& call) {
  const auto token = call.in.find("nextToken");
  if (token == call.in.end()) return 0;
  const std::optional<std::string> number = text::from_base64(token->get<std::string>());
  const std::optional<uint64_t> first = number ? text::to_uint(*number) : std::nullopt;
  if (!first) throw invalid_token();
  return *first;
}

/// From the one on, at most so many, and as many as an answer holds; one at least.
Json rows_of(const logquery::Table& table, size_t first, size_t most) {
  Json rows = Json::array();
  size_t bytes = 0;
  for (size_t i = first; i < table.rows.size() && rows.size() < most && bytes < kAnswerBytesMax; ++i) {
    Json row = Json::array();
    for (size_t column = 0; column < table.columns.size(); ++column) {
      const auto& value = table.rows[i][column];
      if (!value) continue;
      row.push_back({{"field", table.columns[column]}, {"value", *value}});
      bytes += kFieldBytes + table.columns[column].size() + value->size();
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Differs from AWS: there are no results before a query is complete.
void get_query_results(api::Call& call) {
  const Queries::Seen query = open_query(call);
  const size_t first = first_row(call);
  size_t most = call.in.value("maxItems", kRowsInAnswerMax);
  if (most == 0) most = kRowsInAnswerMax;
  call.out["queryLanguage"] = "CWLI";
  call.out["results"] = Json::array();
  if (query.table) {
    call.out["results"] = rows_of(*query.table, first, most);
    if (const size_t last = first + call.out["results"].size(); last < query.table->rows.size())
      call.out["nextToken"] = text::base64(std::to_string(last));
  }
  call.out["statistics"] = {{"recordsMatched", static_cast<double>(query.counts.matched)},
                            {"recordsScanned", static_cast<double>(query.counts.scanned)},
                            {"estimatedRecordsSkipped", 0.0},
                            {"bytesScanned", static_cast<double>(query.counts.bytes)},
                            {"estimatedBytesSkipped", 0.0},
                            {"logGroupsScanned", static_cast<double>(query.counts.groups)}};
  call.out["status"] = name_of(query.status);
}

void stop_query(api::Call& call) {
  const Queries::Seen query = open_query(call);
  if (!call.ports->log_queries->stop(call.account, call.region, query.asked->id))
    throw Error(kInvalidParameter, "The specified query is not running: {}", query.asked->id);
  call.out["success"] = true;
}

void describe_queries(api::Call& call) {
  const Json& in = call.in;
  const std::string group = in.value("logGroupName", ""), status = in.value("status", "");
  const size_t most = in.value("maxResults", kListedMax), first = first_row(call);
  call.out["queries"] = Json::array();
  if (in.value("queryLanguage", "CWLI") != "CWLI") return;
  size_t number = 0;
  for (const Queries::Seen& query : call.ports->log_queries->list(call.account, call.region)) {
    const auto is_it = [&](const Group& each) { return each.name == group; };
    if (!group.empty() && std::ranges::none_of(query.asked->groups, is_it)) continue;
    if (!status.empty() && name_of(query.status) != status) continue;
    if (number++ < first) continue;
    if (call.out["queries"].size() == most) {
      call.out["nextToken"] = text::base64(std::to_string(number - 1));
      return;
    }
    call.out["queries"].push_back({{"queryLanguage", "CWLI"},
                                   {"queryId", query.asked->id},
                                   {"queryString", query.asked->text},
                                   {"status", name_of(query.status)},
                                   {"createTime", query.asked->created.time_since_epoch().count()},
                                   {"logGroupName", group.empty() ? query.asked->groups.front().name : group},
                                   {"queryDuration", query.took.count()},
                                   {"bytesScanned", static_cast<double>(query.counts.bytes)},
                                   {"userIdentity", query.asked->caller}});
  }
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DescribeQueries", describe_queries, api::Runs::kPool},
    {"GetQueryResults", get_query_results, api::Runs::kPool},
    {"StartQuery", start_query},
    {"StopQuery", stop_query},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_query;
const api::Family logs_query{.service = "logs", .operations = logs_service::kOperations};
}  // namespace cairn::services

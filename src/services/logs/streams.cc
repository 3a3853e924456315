#include <algorithm>
#include <array>

#include "api/operation.h"
#include "base/text.h"
#include "services/logs/errors.h"
#include "services/logs/page.h"
#include "services/logs/stream.h"

/// Log streams.
namespace cairn::logs_service {
namespace {

void delete_log_stream(api::Call& call) {
  const Group group = open_group(call, call.in.at("logGroupName").get<std::string>());
  const Stream stream = open_stream(call, group, call.in.at("logStreamName").get<std::string>());
  call.state->erase(documents::stream(group.id, stream.name));
}

Json shown(const Group& group, const Stream& stream) {
  Json out{{"logStreamName", stream.name}, {"creationTime", stream.created.time_since_epoch().count()}};
  if (stream.first_event) out["firstEventTimestamp"] = *stream.first_event;
  if (stream.last_event) out["lastEventTimestamp"] = *stream.last_event;
  if (stream.last_ingestion) out["lastIngestionTime"] = *stream.last_ingestion;
  out["arn"] = stream.arn(group);
  out["storedBytes"] = 0;  // AWS gives no other number since 2019
  return out;
}

/// By the time of the newest event, and the name where that is the same.
struct ByTime {
  int64_t time;
  std::string name;
  auto operator<=>(const ByTime&) const = default;
};

ByTime place_of(const Stream& stream) { return {stream.last_event.value_or(0), stream.name}; }

ByTime place_of_token(const std::string& token) {
  const std::optional<std::string> text = text::from_base64(token);
  const size_t colon = text ? text->find(':') : std::string::npos;
  const std::optional<int64_t> time = colon == std::string::npos ? std::nullopt : text::to_int(text->substr(0, colon));
  if (!time) throw invalid_token();
  return {*time, text->substr(colon + 1)};
}

/// All streams are looked at for each page, and no more are held than it shows.
void describe_by_time(api::Call& call, const Group& group) {
  const size_t limit = limit_of(call, kListedMax);
  const bool descending = call.in.value("descending", false);
  std::optional<ByTime> after;
  if (call.in.contains("nextToken")) after = place_of_token(call.in.at("nextToken").get<std::string>());
  const auto comes_before = [&](const Stream& a, const Stream& b) {
    return descending ? place_of(b) < place_of(a) : place_of(a) < place_of(b);
  };
  std::vector<Stream> page;  // a heap whose front is the last of the page
  const std::string folder = documents::streams_of(group.id);
  std::string key = folder;
  for (bool more = true; more;) {
    const state::Page documents = call.state->list(folder, key, 1000);
    more = documents.more;
    for (const state::Item& item : documents.items) {
      key = item.key;
      Stream stream = decode_stream(item.value);
      if (after && (descending ? place_of(stream) >= *after : place_of(stream) <= *after)) continue;
      page.push_back(std::move(stream));
      std::ranges::push_heap(page, comes_before);
      if (page.size() <= limit + 1) continue;
      std::ranges::pop_heap(page, comes_before);
      page.pop_back();
    }
  }
  std::ranges::sort(page, comes_before);
  for (size_t i = 0; i < page.size() && i < limit; ++i) call.out["logStreams"].push_back(shown(group, page[i]));
  if (page.size() <= limit) return;
  const ByTime last = place_of(page[limit - 1]);
  call.out["nextToken"] = text::base64(fmt::format("{}:{}", last.time, last.name));
}

/// Differs from AWS: descending order of names is not implemented.
void describe_log_streams(api::Call& call) {
  const Group group = open_named_group(call);
  call.out["logStreams"] = Json::array();
  const std::string prefix = call.in.value("logStreamNamePrefix", "");
  if (call.in.value("orderBy", "LogStreamName") == "LastEventTime") {
    if (!prefix.empty()) throw Error(kInvalidParameter, "Cannot order by LastEventTime with a logStreamNamePrefix.");
    return describe_by_time(call, group);
  }
  if (call.in.value("descending", false))
    throw Error(aws::kNotImplemented, "Streams in descending order of their names are not implemented.");
  each_of_page(call, documents::streams_of(group.id), prefix, [&](const std::string& document) {
    call.out["logStreams"].push_back(shown(group, decode_stream(document)));
    return true;
  });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteLogStream", delete_log_stream},
    {"DescribeLogStreams", describe_log_streams, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_streams;
const api::Family logs_streams{.service = "logs", .operations = logs_service::kOperations};
}  // namespace cairn::services

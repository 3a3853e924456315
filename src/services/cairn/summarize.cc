#include <algorithm>
#include <chrono>
#include <iterator>

#include "api/operation.h"
#include "api/places.h"
#include "api/ports.h"
#include "aws/error.h"
#include "history/lookup.h"
#include "search/meant_field.h"
#include "search/summarize.h"
#include "services/cairn/asked.h"

namespace cairn::services {
namespace {

using std::chrono::seconds;

constexpr seconds kSpanUsual{90 * 24 * 3600};  // of time, if no StartTime says otherwise
constexpr int64_t kBinsUsual = 100, kTopUsual = 10;
constexpr std::chrono::milliseconds kWorkMax{5000};  // of one answer; then it is partial
constexpr size_t kAtOnceMax = 3, kAtOnceOfAccountMax = 2;

constexpr aws::ErrorKind kLimitExceeded{.code = "LimitExceededException"};

search::Summary::Options options_of(const api::Call& call, const history::Query& query) {
  const Json& in = call.in;
  search::Summary::Options options{.interval = std::nullopt, .fields = {}, .now = call.now};
  const seconds span = std::chrono::ceil<seconds>(*query.end - *query.start);
  if (const auto interval = in.find("Interval"); interval != in.end()) {
    options.interval = seconds(interval->get<int64_t>());
    if (span / *options.interval > search::Summary::kBinsMax - 2)
      throw aws::Error(aws::kValidation, "An interval of {} s makes more than {} bins of the time asked for; {} s does not.",
                       options.interval->count(), search::Summary::kBinsMax,
                       search::Summary::interval_for(span, search::Summary::kBinsMax).count());
  } else if (const int64_t bins = in.value("Bins", kBinsUsual); bins > 0) {
    options.interval = search::Summary::interval_for(span, bins);
  }
  if (const auto fields = in.find("Fields"); fields != in.end()) {
    for (const Json& each : *fields) {
      const std::string text = each.get<std::string>();
      auto field = search::Field::compile(text);
      if (!field) refuse_formula("Fields", text, field.error());
      options.fields.push_back(std::move(*field));
    }
  }
  return options;
}

void show(const search::Summary& summary, const search::Summary::Options& options, size_t top, Json& out) {
  out["Total"] = summary.total();
  if (options.interval) {
    out["Interval"] = options.interval->count();
    out["Bins"] = Json::array();
    for (const auto& [second, count] : summary.bins())
      out["Bins"].push_back({{"StartTime", timestamps::iso8601(Time(seconds(second)))}, {"Count", count}});
  }
  for (size_t i = 0; i < options.fields.size(); ++i) {
    const search::Summary::Values& seen = summary.values_of(i);
    Json values = Json::array();
    uint64_t shown = 0;
    for (const search::TopValues::Value& value : seen.values.top(top)) {
      values.push_back({{"Value", value.text}, {"Count", value.count}, {"ErrorMax", value.error_max}});
      shown += value.count;
    }
    out["Fields"].push_back({{"Field", options.fields[i].text()},
                             {"Values", std::move(values)},
                             {"OtherCount", seen.values.total() - std::min(shown, seen.values.total())},
                             {"MissingCount", seen.without}});
  }
}

/// How many events there are: over time, and with which values of fields, the most frequent first. All of them are counted, the newest
/// first, where they must be read for five seconds; IsPartial says that there are more, SeenTime from when on they are counted, and
/// NextToken counts the rest.
void summarize_events(api::Call& call) {
  static api::Places places(kAtOnceOfAccountMax, kAtOnceMax);
  const Asked asked(call);
  history::Query query = asked.query();
  query.work_time_max = kWorkMax;
  const history::Tokens tokens("SummarizeEvents", call.in, query);
  tokens.read(call.in, query);
  if (!query.end) query.end = call.now;
  if (!query.start) query.start = *query.end - kSpanUsual;
  const search::Summary::Options options = options_of(call, query);
  const std::shared_ptr<void> place = places.take(call.account.str());
  if (place == nullptr) throw aws::Error(kLimitExceeded, "Too many summaries are being made at the moment. Please try again.");
  search::Summary summary(options);
  const auto counted = search::summarize(*call.ports->history, query, summary);
  if (!counted) throw aws::Error(aws::kInternalFailure, "The event history cannot be read; the server's log says why.");
  show(summary, options, static_cast<size_t>(call.in.value("TopCount", kTopUsual)), call.out);
  std::vector<std::string> hints = asked.hints();
  for (const search::Field& field : options.fields) std::ranges::move(search::hints_of({field.text()}), std::back_inserter(hints));
  if (!hints.empty()) call.out["Hints"] = hints;
  asked.tell_accounts(call);
  call.out["IsPartial"] = counted->next.has_value();
  if (!counted->next) return;
  call.out["NextToken"] = tokens.write(*counted->next);
  if (counted->seen_from) call.out["SeenTime"] = timestamps::iso8601(*counted->seen_from);
}

constexpr api::Operation kOperations[] = {
    {.name = "SummarizeEvents", .handle = summarize_events, .runs = api::Runs::kPool},
};

}  // namespace

extern const api::Family cairn_summarize;
const api::Family cairn_summarize{"cairn", kOperations, api::Decides::kHandler};

}  // namespace cairn::services

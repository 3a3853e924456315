// How many CloudTrail records a second one core takes through a query of Logs Insights, without reading them from a disk. Prints one line
// of JSON: the medians over the rounds, in CPU time.
#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/check.h"
#include "bench/cloudtrail_records.h"
#include "logquery/query.h"

namespace {

using namespace cairn;

constexpr int kRounds = 5;
constexpr double kRoundSeconds = 0.3;
constexpr size_t kEvents = 1000;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double rate(const char* text, const std::vector<std::string>& records) {
  const logquery::Query query = logquery::Query::compile(text).value();
  std::vector<double> rates;
  for (int round = 0; round < kRounds; ++round) {
    logquery::Run run(query, {});
    const double began = cpu_seconds();
    size_t seen = 0;
    while (cpu_seconds() - began < kRoundSeconds) {
      for (const std::string& record : records) {
        const int64_t time = 1'767'268'800'000 - static_cast<int64_t>(seen++);
        CHECK(run.add({.timestamp = time, .log = "111122223333:group", .stream = "stream", .message = record, .position = seen}));
      }
    }
    rates.push_back(static_cast<double>(seen) / (cpu_seconds() - began));
    CHECK(run.finish().has_value());
  }
  std::sort(rates.begin(), rates.end());
  return rates[kRounds / 2];
}

}  // namespace

int main() {
  const std::vector<std::string> records = bench::cloudtrail_records(kEvents);
  const auto of = [&](const char* text) { return rate(text, records); };
  std::printf(
      "{\"filter_per_second\": %.0f, \"stats_per_second\": %.0f, \"regex_per_second\": %.0f, \"sort_per_second\": %.0f, "
      "\"parse_per_second\": %.0f}\n",
      of(R"(filter eventName = "CreateUser" | fields awsRegion, requestParameters.userName, responseElements.user.arn)"),
      of("stats count(*) by eventSource, eventName, awsRegion"),
      of("filter @message like /AccessDenied|Unauthorized/ | stats count(*) by bin(1h)"),
      of("fields @timestamp, eventName, userIdentity.arn | sort eventName asc | limit 25"),
      of(R"(parse userIdentity.arn "*:assumed-role/*/*" as head, role, session | stats count_distinct(sourceIPAddress) by role)"));
}

// How many log events a second one core holds against the fourteen metric filters of the CIS benchmark, as they are at work: matched,
// turned into measurements, gathered. Prints one line of JSON: the median over the rounds, in CPU time. The filters are those of
// examples/cis-alarms.yaml, given as lines of a file.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>

#include "bench/cloudtrail_records.h"
#include "base/check.h"
#include "patterns/filter/filter_set.h"
#include "services/logs/metric_filter.h"

namespace {

using namespace cairn;
using logs_service::CompiledFilter;

constexpr int kRounds = 5;
constexpr double kRoundSeconds = 0.5;
constexpr size_t kEvents = 1000;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double rate(const std::vector<CompiledFilter>& filters, const std::vector<std::string>& events) {
  std::vector<patterns::FilterPattern> patterns;
  for (const CompiledFilter& filter : filters) patterns.push_back(filter.pattern());
  const patterns::FilterSet set(std::move(patterns));
  std::vector<double> rates;
  for (int round = 0; round < kRounds; ++round) {
    const double began = cpu_seconds();
    size_t seen = 0;
    metrics::Table found;
    while (cpu_seconds() - began < kRoundSeconds) {
      for (const std::string& event : events) {
        const std::vector<char> matches = set.match(event);
        for (size_t i = 0; i < filters.size(); ++i) {
          if (matches[i] == 0) continue;
          const auto contribution = filters[i].contribution(event);
          if (contribution)
            found.add(contribution->metric, metrics::slot_of(0, 60, filters[i].unit()), metrics::Summary::of(contribution->value));
        }
      }
      seen += events.size();
    }
    CHECK(!found.empty());
    rates.push_back(static_cast<double>(seen) / (cpu_seconds() - began));
  }
  std::sort(rates.begin(), rates.end());
  return rates[kRounds / 2];
}

}  // namespace

int main(int argc, char** argv) {
  CHECK(argc == 2);
  std::vector<CompiledFilter> filters;
  std::ifstream file(argv[1]);
  for (std::string pattern; std::getline(file, pattern);) {
    logs_service::MetricFilter filter;
    filter.scope = "000000000000/us-east-1";
    filter.pattern = pattern;
    filter.transformation = {{"metricName", fmt::format("m{}", filters.size())}, {"metricNamespace", "CISBenchmark"}, {"metricValue", "1"}};
    filters.push_back(CompiledFilter::compile(filter).value());
  }
  std::printf("{\"filters\": %zu, \"events_per_second\": %.0f}\n", filters.size(), rate(filters, bench::cloudtrail_records(kEvents)));
}

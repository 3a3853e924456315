// How many events a second one core holds against a filter pattern: CloudTrail records against patterns of the CIS benchmark, log
// lines against terms and fields. Prints one line of JSON: the medians over the rounds, in CPU time.
#include <algorithm>
#include <cstdio>
#include <ctime>

#include "bench/cloudtrail_records.h"
#include "base/check.h"
#include "patterns/filter/filter_pattern.h"

namespace {

using namespace cairn;
using patterns::FilterPattern;

constexpr int kRounds = 5;
constexpr double kRoundSeconds = 0.3;
constexpr size_t kEvents = 1000;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double rate(const FilterPattern& pattern, const std::vector<std::string>& events) {
  std::vector<double> rates;
  size_t matched = 0;
  for (int round = 0; round < kRounds; ++round) {
    const double began = cpu_seconds();
    size_t seen = 0;
    while (cpu_seconds() - began < kRoundSeconds) {
      for (const std::string& event : events) matched += pattern.matches(event);
      seen += events.size();
    }
    rates.push_back(static_cast<double>(seen) / (cpu_seconds() - began));
  }
  CHECK(matched < 1'000'000'000'000u);  // looked at, so that nothing is optimized away
  std::sort(rates.begin(), rates.end());
  return rates[kRounds / 2];
}

}  // namespace

int main() {
  const std::vector<std::string> records = bench::cloudtrail_records(kEvents);
  std::vector<std::string> lines;
  for (size_t i = 0; i < kEvents; ++i)
    lines.push_back(fmt::format(R"(203.0.113.{} - user{} [10/Oct/2026:13:25:15 -0700] "GET /item/{}.html HTTP/1.0" {} {})", i % 250, i, i,
                                i % 7 == 0 ? 404 : 200, i * 13));
  const auto json = [&](const char* pattern) { return rate(FilterPattern::compile(pattern).value(), records); };
  const auto text = [&](const char* pattern) { return rate(FilterPattern::compile(pattern).value(), lines); };
  std::string policies = "{($.eventName=DeleteGroupPolicy)";
  for (const char* name : {"DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy", "CreatePolicy",
                           "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "AttachRolePolicy", "DetachRolePolicy",
                           "AttachUserPolicy", "DetachUserPolicy", "AttachGroupPolicy", "DetachGroupPolicy"})
    policies += fmt::format("||($.eventName={})", name);
  policies += "}";
  std::printf(
      "{\"cis_unauthorized_per_second\": %.0f, \"cis_root_per_second\": %.0f, \"cis_policies_per_second\": %.0f, \"terms_per_second\": "
      "%.0f, "
      "\"fields_per_second\": %.0f, \"regex_per_second\": %.0f}\n",
      json(R"({ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") })"),
      json(R"({ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" })"),
      json(policies.c_str()), text("404 -user1"),
      text("[ip, user, username, timestamp, request = *.html*, status_code = 4*, bytes > 1000]"), text("%item/\\d+5\\.html%"));
}

// How many events a second one core holds against all rules of a bus: CloudTrail's events in EventBridge's envelope, against one rule,
// a thousand as people write them (names, prefixes, wildcards, numbers, networks, $or), and a thousand that differ in one value only.
// Prints one line of JSON: the medians over the rounds, in CPU time.
#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/check.h"
#include "bench/cloudtrail_records.h"
#include "patterns/event/event_matcher.h"

namespace {

using namespace cairn;
using patterns::EventMatcher;
using patterns::EventPattern;

constexpr int kRounds = 5;
constexpr double kRoundSeconds = 0.3;
constexpr size_t kEvents = 1000;
constexpr int kRules = 1000;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::vector<std::string> events() {
  std::vector<std::string> all;
  for (const std::string& record : bench::cloudtrail_records(kEvents)) {
    const std::string source = Json::parse(record)["eventSource"].get<std::string>();
    all.push_back(fmt::format(
        R"({{"version":"0","id":"6a7e8feb-b491-4cf7-a9f1-bf3703467718","detail-type":"AWS API Call via CloudTrail",)"
        R"("source":"aws.{}","account":"111122223333","time":"2026-01-02T03:04:05Z","region":"us-east-1","resources":[],"detail":{}}})",
        source.substr(0, source.find('.')), record));
  }
  return all;
}

std::vector<std::string> mixed_rules() {
  std::vector<std::string> all;
  constexpr const char* kServices[] = {"s3", "ec2", "iam", "sts", "kms", "cloudtrail", "signin", "secretsmanager"};
  for (int n = 0; n < kRules; ++n) {
    const std::string service = kServices[n % 8];
    const std::string detail = [&]() -> std::string {
      switch (n % 10) {
        case 0:
          return fmt::format(R"("eventName":[{{"prefix":"Delete{}"}}])", n % 50 == 0 ? "" : std::to_string(n));
        case 1:
          return fmt::format(R"("requestParameters":{{"bucketName":["bucket-{}"]}})", n);
        case 2:
          return fmt::format(R"("userIdentity":{{"arn":[{{"suffix":"role-{}/session"}}]}})", n);
        case 3:
          return fmt::format(R"("requestParameters":{{"key":[{{"wildcard":"part-*/object-{}"}}]}})", n);
        case 4:
          return fmt::format(R"("requestParameters":{{"maxKeys":[{{"numeric":[">",{},"<=",{}]}}]}})", n, n + 3);
        case 5:
          return fmt::format(R"("sourceIPAddress":[{{"cidr":"203.0.113.{}/30"}}])", n % 250);
        case 6:
          return fmt::format(R"("eventName":["CreateThing{}"],"errorCode":[{{"exists":false}}])", n);
        case 7:
          return fmt::format(R"("userAgent":[{{"equals-ignore-case":"console.amazonaws.com/{}"}}],"readOnly":[false])", n);
        case 8:
          return fmt::format(R"("$or":[{{"errorCode":["Denied{0}"]}},{{"errorMessage":[{{"prefix":"Thing {0}"}}]}}])", n);
        default:
          return fmt::format(R"("eventName":["UpdateThing{}"],"userIdentity":{{"type":[{{"anything-but":"Root"}}]}})", n);
      }
    }();
    all.push_back(fmt::format(
        R"({{"source":["aws.{0}"],"detail-type":["AWS API Call via CloudTrail"],"detail":{{"eventSource":["{0}.amazonaws.com"],{1}}}}})",
        service, detail));
  }
  return all;
}

/// Events a second, and how many rules one of them matches on average.
std::pair<double, double> rate(const std::vector<std::string>& rules, const std::vector<std::string>& events) {
  std::vector<EventPattern> read;
  for (const std::string& rule : rules) read.push_back(EventPattern::read(rule).value());
  std::vector<const EventPattern*> pointers;
  for (const EventPattern& pattern : read) pointers.push_back(&pattern);
  const EventMatcher matcher(pointers);
  EventMatcher::Work work;
  std::vector<uint32_t> found;
  std::vector<double> rates;
  size_t matched = 0, seen = 0;
  for (int round = 0; round < kRounds; ++round) {
    const double began = cpu_seconds();
    size_t in_round = 0;
    while (cpu_seconds() - began < kRoundSeconds) {
      for (const std::string& event : events) {
        CHECK(matcher.match(event, work, found));
        matched += found.size();
      }
      in_round += events.size();
    }
    seen += in_round;
    rates.push_back(static_cast<double>(in_round) / (cpu_seconds() - began));
  }
  std::sort(rates.begin(), rates.end());
  return {rates[kRounds / 2], static_cast<double>(matched) / static_cast<double>(seen)};
}

}  // namespace

int main() {
  const std::vector<std::string> all = events();
  std::vector<std::string> alike;
  for (int n = 0; n < kRules; ++n)
    alike.push_back(fmt::format(
        R"({{"source":["aws.s3"],"detail-type":["AWS API Call via CloudTrail"],"detail":{{"requestParameters":{{"bucketName":["bucket-{}"]}}}}}})",
        n));
  const auto one = rate({mixed_rules()[1]}, all), mixed = rate(mixed_rules(), all), same = rate(alike, all);
  std::printf(
      "{\"one_rule_per_second\": %.0f, \"mixed_rules_per_second\": %.0f, \"matches_of_mixed\": %.3f, \"alike_rules_per_second\": %.0f, "
      "\"event_bytes\": %zu}\n",
      one.first, mixed.first, mixed.second, same.first, all[0].size());
}

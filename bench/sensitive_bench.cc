// What it costs to look through records for what looks like a secret, on one core: sensitive_bench [FILE], records one a line; without a
// file, records of calls as most are. Prints one line of JSON: the median over the rounds.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>

#include "event/build.h"
#include "event/sensitive.h"

namespace {

using namespace cairn;

constexpr int kRounds = 9;
constexpr double kRoundSeconds = 0.2;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::string usual_record(std::string_view service, std::string_view operation, const Json& input) {
  const aws::ServiceModel* model = aws::service_model(service);
  event::Facts facts;
  facts.time = *timestamps::parse_basic("20260102T030405Z");
  facts.principal.kind = aws::Principal::Kind::kUser;
  facts.principal.account = aws::AccountId("111122223333");
  facts.principal.principal_id = "AIDAEXAMPLEEXAMPLE222";
  facts.principal.arn = "arn:aws:iam::111122223333:user/alice";
  facts.principal.user_name = "alice";
  facts.principal.access_key = aws::AccessKeyId("AKIAEXAMPLEEXAMPLE22");
  facts.event_source = fmt::format("{}.amazonaws.com", service);
  facts.event_name = operation;
  facts.region = aws::kGlobalRegion;
  facts.recipient = facts.principal.account;
  facts.source_ip = "192.0.2.17";
  facts.user_agent = "Boto3/1.26.27 Python/3.11.2 Linux/6.1.0 Botocore/1.29.27";
  facts.service = model;
  facts.operation = model->operation(operation);
  facts.input = &input;
  facts.request_id = "8d2f2c5e-27a4-4b7e-a7a2-5c3f5d0b9a11";
  facts.event_id = event::EventId("293ba626-3be5-4a26-ab1b-0f4c54f49959");
  return event::build(facts);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> records;
  if (argc > 1) {
    std::ifstream file(argv[1]);
    for (std::string line; std::getline(file, line);) records.push_back(line);
  } else {
    records.push_back(usual_record("sts", "GetCallerIdentity", Json::object()));
    records.push_back(usual_record("iam", "CreateUser", {{"UserName", "deployer"}, {"Tags", {{{"Key", "Team"}, {"Value", "payments"}}}}}));
    records.push_back(usual_record("kms", "Decrypt", {{"EncryptionContext", {{"Department", "Finance"}}}}));
  }
  if (records.empty()) return 2;
  size_t bytes = 0, found = 0;
  for (const std::string& record : records) bytes += record.size(), found += event::find_sensitive(record).empty() ? 0 : 1;

  std::vector<double> micros;
  size_t kept = 0;
  for (int round = 0; round < kRounds; ++round) {
    size_t count = 0;
    const double begin = cpu_seconds();
    double took = 0;
    for (; took < kRoundSeconds; took = cpu_seconds() - begin)
      for (const std::string& record : records) kept += event::find_sensitive(record).size(), ++count;
    micros.push_back(took * 1e6 / static_cast<double>(count));
  }
  std::ranges::sort(micros);
  fmt::print("{{\"records\": {}, \"bytes_each\": {}, \"records_with_findings\": {}, \"microseconds_each\": {:.2f}}}\n", records.size(),
             bytes / records.size(), found, micros[kRounds / 2]);
  return kept == SIZE_MAX ? 1 : 0;
}

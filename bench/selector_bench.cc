// Which events a trail wants, on one core: deciding over what was read of a record, and reading the record besides. Five advanced
// selectors as people write them, and as many conditions as AWS allows. Prints one line of JSON: the medians over the rounds.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>

#include "base/check.h"
#include "event/selector.h"

namespace {

using namespace cairn;

constexpr int kRounds = 5;
constexpr double kRoundSeconds = 0.4;
constexpr size_t kRecords = 1000;
constexpr size_t kValuesMax = 500;  // that AWS allows over all selectors of a trail

Json field(const char* name, const char* comparison, Json values) { return {{"Field", name}, {comparison, std::move(values)}}; }
Json selector(Json fields) { return {{"FieldSelectors", std::move(fields)}}; }
Json one(const char* value) { return Json::array({value}); }

Json five_selectors() {
  Json all = Json::array();
  all.push_back(selector({field("eventCategory", "Equals", one("Management")), field("readOnly", "Equals", one("false")),
                          field("eventSource", "NotEquals", one("kms.amazonaws.com"))}));
  all.push_back(selector({field("eventCategory", "Equals", one("Data")), field("resources.type", "Equals", one("AWS::S3::Object")),
                          field("eventName", "Equals", {"PutObject", "DeleteObject", "CopyObject"}),
                          field("resources.ARN", "NotStartsWith", {"arn:aws:s3:::trail-logs/", "arn:aws:s3:::access-logs/"})}));
  all.push_back(selector({field("eventCategory", "Equals", one("Data")), field("resources.type", "Equals", one("AWS::S3::Object")),
                          field("resources.ARN", "StartsWith", one("arn:aws:s3:::payroll/")),
                          field("userIdentity.arn", "NotStartsWith", one("arn:aws:sts::111122223333:assumed-role/scanner"))}));
  all.push_back(selector({field("eventCategory", "Equals", one("Data")), field("resources.type", "Equals", one("AWS::Lambda::Function")),
                          field("eventType", "NotEquals", one("AwsServiceEvent"))}));
  all.push_back(
      selector({field("eventCategory", "Equals", one("NetworkActivity")), field("eventSource", "Equals", one("ec2.amazonaws.com")),
                field("errorCode", "Equals", one("VpceAccessDenied"))}));
  return all;
}

/// Five selectors of objects with 500 values in all; most events are looked at by every one of them, and wanted by none.
Json most_selectors() {
  Json all = Json::array();
  for (int n = 0; n < 5; ++n) {
    Json arns = Json::array();
    for (size_t value = 0; value < kValuesMax / 5 - 2; ++value)
      arns.push_back(fmt::format("arn:aws:s3:::bucket-{}/part-{}-{}/", value, n, value));
    all.push_back(selector({field("eventCategory", "Equals", one("Data")), field("resources.type", "Equals", one("AWS::S3::Object")),
                            field("resources.ARN", n % 2 == 0 ? "StartsWith" : "EndsWith", std::move(arns))}));
  }
  return all;
}

/// Records of about 1.2 KB, half of them of data events, as our own server writes them.
std::vector<std::string> records() {
  constexpr const char* kNames[] = {"PutObject",  "GetObject",         "ListObjects",    "HeadObject",
                                    "CreateUser", "GetCallerIdentity", "DescribeTrails", "Decrypt"};
  constexpr const char* kSources[] = {"s3", "s3", "s3", "s3", "iam", "sts", "cloudtrail", "kms"};
  std::vector<std::string> all;
  for (size_t n = 0; n < kRecords; ++n) {
    const size_t kind = n % std::size(kNames);
    const bool data = kind < 4, read = kind != 0 && kind != 4;
    Json record = {
        {"eventVersion", "1.11"},
        {"userIdentity",
         {{"type", "AssumedRole"},
          {"principalId", "AROAEXAMPLE0000000001:session"},
          {"arn", "arn:aws:sts::111122223333:assumed-role/deploy/session"},
          {"accountId", "111122223333"},
          {"accessKeyId", "ASIAEXAMPLE000000001"},
          {"sessionContext",
           {{"sessionIssuer",
             {{"type", "Role"},
              {"principalId", "AROAEXAMPLE0000000001"},
              {"arn", "arn:aws:iam::111122223333:role/deploy"},
              {"userName", "deploy"}}},
            {"attributes", {{"creationDate", "2026-01-02T03:00:00Z"}, {"mfaAuthenticated", "false"}}}}}}},
        {"eventTime", "2026-01-02T03:04:05Z"},
        {"eventSource", fmt::format("{}.amazonaws.com", kSources[kind])},
        {"eventName", kNames[kind]},
        {"awsRegion", "us-east-1"},
        {"sourceIPAddress", "203.0.113.7"},
        {"userAgent", "Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux#6.1 md/arch#x86_64 lang/python#3.11.2"},
        {"requestParameters", {{"bucketName", fmt::format("bucket-{}", n % 97)}, {"key", fmt::format("part-{}/object-{}", n % 11, n)}}},
        {"responseElements", nullptr},
        {"requestID", fmt::format("0000000000{:06}", n)},
        {"eventID", fmt::format("00000000-0000-4000-8000-000000{:06}", n)},
        {"readOnly", read}};
    if (data) {
      const std::string bucket = fmt::format("arn:aws:s3:::bucket-{}", n % 97);
      record["resources"] = {{{"type", "AWS::S3::Object"}, {"ARN", fmt::format("{}/part-{}/object-{}", bucket, n % 11, n)}},
                             {{"accountId", "111122223333"}, {"type", "AWS::S3::Bucket"}, {"ARN", bucket}}};
    }
    record["eventType"] = "AwsApiCall";
    record["managementEvent"] = !data;
    record["recipientAccountId"] = "111122223333";
    record["eventCategory"] = data ? "Data" : "Management";
    record["tlsDetails"] = {
        {"tlsVersion", "TLSv1.3"}, {"cipherSuite", "TLS_AES_128_GCM_SHA256"}, {"clientProvidedHostHeader", "s3.us-east-1.amazonaws.com"}};
    all.push_back(json::dump(record));
  }
  return all;
}

/// Of this process, which has one thread: what others do on the machine does not count.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Events a second of CPU time, the median over the rounds; `over_all` looks at each of kRecords events once.
double rate(const std::function<size_t()>& over_all) {
  std::vector<double> rates;
  size_t wanted = 0;
  for (int round = 0; round < kRounds; ++round) {
    const double began = cpu_seconds();
    size_t events = 0;
    while (cpu_seconds() - began < kRoundSeconds) {
      wanted += over_all();
      events += kRecords;
    }
    rates.push_back(static_cast<double>(events) / (cpu_seconds() - began));
  }
  CHECK(wanted < 1'000'000'000'000u);  // looked at, so that nothing is optimized away
  std::sort(rates.begin(), rates.end());
  return rates[kRounds / 2];
}

}  // namespace

int main() {
  const std::vector<std::string> texts = records();
  std::vector<json::Document> documents(kRecords);
  std::vector<event::Selected> read(kRecords);
  size_t bytes = 0;
  for (size_t i = 0; i < kRecords; ++i) {
    CHECK(event::read_selected(texts[i], documents[i], read[i]).has_value());
    bytes += texts[i].size();
  }
  const event::Selector five = event::Selector::compile(Json::array(), five_selectors()).value();
  const event::Selector most = event::Selector::compile(Json::array(), most_selectors()).value();
  const auto match = [&read](const event::Selector& selector) {
    return [&read, &selector] {
      return static_cast<size_t>(std::count_if(read.begin(), read.end(), [&](const auto& e) { return selector.wants(e); }));
    };
  };
  json::Document document;
  event::Selected selected;
  const auto read_and_match = [&] {
    size_t wanted = 0;
    for (const std::string& text : texts) {
      CHECK(event::read_selected(text, document, selected).has_value());
      wanted += five.wants(selected);
    }
    return wanted;
  };
  const double matching = rate(match(five)), at_most = rate(match(most)), with_reading = rate(read_and_match);
  std::printf(
      "{\"matched_per_second\": %.0f, \"matched_at_most_per_second\": %.0f, \"read_and_matched_per_second\": %.0f, \"record_bytes\": "
      "%zu}\n",
      matching, at_most, with_reading, bytes / kRecords);
}

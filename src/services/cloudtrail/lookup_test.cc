#include <gtest/gtest.h>

#include "api/operation.h"
#include "api/ports.h"
#include "api/protocol.h"
#include "base/text.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "history/store.h"

namespace cairn::services {

extern const api::Family cloudtrail_lookup;
extern const api::Family cairn_search;
extern const api::Family sts_caller_identity;

namespace {

constexpr const char* kAccount = "111122223333";

std::string record(int n, const char* name, const char* category, const char* region) {
  const bool user = n % 2 == 0;
  const std::string identity =
      user
          ? fmt::format(
                R"({{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::{0}:user/alice","accountId":"{0}","accessKeyId":"AKIAEXAMPLE","userName":"alice"}})",
                kAccount)
          : R"({"type":"AWSService","invokedBy":"cloudtrail.amazonaws.com"})";
  return fmt::format(
      R"({{"eventVersion":"1.11","userIdentity":{},"eventTime":"2025-12-31T23:{:02}:00Z","eventSource":"s3.amazonaws.com","eventName":"{}","awsRegion":"{}",)"
      R"("sourceIPAddress":"192.0.2.1","userAgent":"test","requestParameters":{{"bucketName":"b","Host":"h"}},"responseElements":null,)"
      R"("eventID":"00000000-0000-4000-8000-{:012}","readOnly":{},"eventType":"AwsApiCall","managementEvent":{},"recipientAccountId":"{}","eventCategory":"{}"}})",
      identity, n, name, region, n, n % 3 != 0, std::string_view(category) == "Management", kAccount, category);
}

/// Calls the handlers on a history of sixty events, one a minute, management and data in turn of five, two regions.
class LookupTest : public testing::Test {
 protected:
  LookupTest() {
    history_ = history::History::open(files_, clock_, {.directory = "/history"}).value();
    for (int n = 0; n < 60; ++n) add(n);
    ports_.clock = &clock_;
    ports_.history = history_.get();
  }
  void add(int n) {
    const std::string bytes = n % 5 == 4 ? record(n, "GetObject", "Data", "us-east-1")
                                         : record(n, "GetBucketAcl", "Management", n % 5 == 3 ? "eu-west-1" : "us-east-1");
    journal::EntryView view;
    view.records.push_back(bytes);
    history_->consume({++seq_}, view);
  }
  Json call(const api::Family& family, Json in, const char* region = "us-east-1") {
    api::Call call;
    call.ports = &ports_;
    call.account = aws::AccountId(kAccount);
    call.region = aws::Region(region);
    call.principal.account = call.account;
    call.principal.principal_id = "AIDAEXAMPLE";
    call.principal.arn = "arn:aws:iam::111122223333:user/alice";
    call.principal.kind = aws::Principal::Kind::kUser;
    call.principal.is_administrator = true;
    call.in = std::move(in);
    call.out = Json::object();
    family.operations[0].handle(call);
    body_ = std::move(call.reply.body);
    return body_ ? Json::parse(*body_) : call.out;
  }
  Json lookup(Json in, const char* region = "us-east-1") { return call(cloudtrail_lookup, std::move(in), region); }
  std::string error_of(Json in) {
    try {
      lookup(std::move(in));
    } catch (const aws::Error& error) {
      return std::string(error.kind.code);
    }
    return "";
  }

  env::SimClock clock_;
  env::SimFiles files_;
  std::unique_ptr<history::History> history_;
  api::Ports ports_;
  uint64_t seq_ = 0;
  std::optional<std::string> body_;  // of the last answer, where it came as text
};

TEST_F(LookupTest, GivesManagementEventsOfTheRegionNewestFirst) {
  const Json out = lookup(Json::object());
  ASSERT_EQ(out["Events"].size(), 36u);  // three of five
  EXPECT_FALSE(out.contains("NextToken"));
  EXPECT_EQ(out["Events"][0]["EventTime"], 1767225420) << "2025-12-31T23:57:00Z";
  EXPECT_EQ(lookup(Json::object(), "eu-west-1")["Events"].size(), 12u);
  EXPECT_EQ(lookup(Json::object(), "ap-south-1")["Events"].size(), 0u);
}

TEST_F(LookupTest, AnEventHasTheMembersThatItsRecordGives) {
  const Json events = lookup(Json::object())["Events"];
  const Json& user = events[1];  // minute 56
  EXPECT_EQ(user["EventId"], "00000000-0000-4000-8000-000000000056");
  EXPECT_EQ(user["EventName"], "GetBucketAcl");
  EXPECT_EQ(user["ReadOnly"], "true");
  EXPECT_EQ(user["AccessKeyId"], "AKIAEXAMPLE");
  EXPECT_EQ(user["EventSource"], "s3.amazonaws.com");
  EXPECT_EQ(user["Username"], "alice");
  EXPECT_EQ(user["Resources"], Json::parse(R"([{"ResourceType":"AWS::S3::Bucket","ResourceName":"b"}])"));
  EXPECT_EQ(user["CloudTrailEvent"], record(56, "GetBucketAcl", "Management", "us-east-1"));
  const Json& service = events[0];  // minute 57, by a service: no user, no key
  EXPECT_EQ(service["ReadOnly"], "false");
  EXPECT_FALSE(service.contains("Username"));
  EXPECT_FALSE(service.contains("AccessKeyId"));
}

// What the handlers write is what the encoder makes of the same answer as a document: names, order and times are the models'.
TEST_F(LookupTest, AnAnswerIsTextInTheModelsOrder) {
  const auto encoded = [](std::string_view service, std::string_view operation, Json out) {
    for (Json& event : out["Events"])
      event["EventTime"] = timestamps::iso8601(Time(std::chrono::seconds(event["EventTime"].get<int64_t>())));
    const aws::ServiceModel& model = *aws::service_model(service);
    return api::encode(aws::Protocol::kJson11, model, *model.operation(operation), out, "r").body;
  };
  const std::string odd =
      R"({"userIdentity":{"type":"IAMUser","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE","userName":"al\"ice\u00e9","invokedBy":"AWS Internal"},)"
      R"("eventTime":"2025-12-31T23:59:59Z","eventSource":"kms.amazonaws.com","eventName":"Encrypt","awsRegion":"us-east-1","errorCode":"AccessDenied",)"
      R"("sourceIPAddress":"192.0.2.1","requestParameters":{"keyId":"a\\b","aliasName":"Bearer abcdefghijklmnopqrstuvwxyz"},"eventID":"odd","readOnly":true,)"
      R"("managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"})";
  journal::EntryView view;
  view.records.push_back(odd);
  history_->consume({++seq_}, view);
  const Json found = lookup({{"MaxResults", 5}});
  ASSERT_EQ(found["Events"].size(), 5u);
  EXPECT_EQ(found["Events"][0]["CloudTrailEvent"], odd);
  EXPECT_EQ(found["Events"][0]["Username"], "al\"ice\u00e9");
  EXPECT_EQ(found["Events"][0]["Resources"].size(), 2u);
  EXPECT_EQ(*body_, encoded("cloudtrail", "LookupEvents", found));
  const Json searched = call(cairn_search, {{"MaxResults", 5}, {"Category", "ALL"}});
  ASSERT_EQ(searched["Events"].size(), 5u);
  EXPECT_EQ(searched["Events"][0]["SensitiveData"], Json::array({"bearer token"}));
  EXPECT_EQ(searched["Events"][0]["InvokedBy"], "AWS Internal");
  EXPECT_EQ(searched["Events"][0]["ErrorCode"], "AccessDenied");
  EXPECT_EQ(*body_, encoded("cairn", "SearchEvents", searched));
  for (std::string_view service : {"cloudtrail", "cairn"})
    for (const aws::Protocol protocol : aws::service_model(service)->protocols)
      EXPECT_TRUE(protocol == aws::Protocol::kJson11 || protocol == aws::Protocol::kRestJson) << "of another one the text is no answer";
}

TEST_F(LookupTest, PagesStayStableWhileEventsArrive) {
  Json in = {{"MaxResults", 7}};
  std::vector<std::string> ids;
  for (int pages = 0; pages < 10; ++pages) {
    const Json out = lookup(in);
    for (const Json& event : out["Events"]) ids.push_back(event["EventId"]);
    if (!out.contains("NextToken")) break;
    in["NextToken"] = out["NextToken"];
    add(0);
  }
  EXPECT_EQ(ids.size(), 36u);
  EXPECT_TRUE(std::is_sorted(ids.rbegin(), ids.rend()));
}

TEST_F(LookupTest, OneAttributeAndATimeRangeNarrow) {
  auto by = [](const char* key, const char* value) {
    return Json{{"LookupAttributes", Json::array({Json{{"AttributeKey", key}, {"AttributeValue", value}}})}};
  };
  EXPECT_EQ(lookup(by("ReadOnly", "false"))["Events"].size(), 12u);
  EXPECT_EQ(lookup(by("Username", "alice"))["Events"].size(), 18u);
  EXPECT_EQ(lookup(by("EventName", "getbucketacl"))["Events"].size(), 0u);
  Json in = by("ResourceName", "b");
  in["StartTime"] = "2025-12-31T23:55:00Z";
  in["EndTime"] = "2025-12-31T23:56:00Z";
  EXPECT_EQ(lookup(in)["Events"].size(), 2u);
}

TEST_F(LookupTest, EveryWrongParameterHasItsError) {
  const Json id = {{"AttributeKey", "EventId"}, {"AttributeValue", "x"}};
  EXPECT_EQ(error_of({{"LookupAttributes", Json::array({id, id})}}), "InvalidLookupAttributesException");
  EXPECT_EQ(error_of({{"LookupAttributes", Json::array({Json{{"AttributeKey", "Nothing"}, {"AttributeValue", "x"}}})}}),
            "InvalidLookupAttributesException");
  EXPECT_EQ(error_of({{"StartTime", "2026-01-02T00:00:00Z"}, {"EndTime", "2026-01-01T00:00:00Z"}}), "InvalidTimeRangeException");
  EXPECT_EQ(error_of({{"StartTime", "2026-01-02T00:00:00Z"}, {"EndTime", "2026-01-02T00:00:00Z"}}), "");
  EXPECT_EQ(error_of({{"MaxResults", 0}}), "InvalidMaxResultsException");
  EXPECT_EQ(error_of({{"MaxResults", 51}}), "InvalidMaxResultsException");
  EXPECT_EQ(error_of({{"EventCategory", "data"}}), "InvalidEventCategoryException");
  EXPECT_EQ(error_of({{"NextToken", "bm90aGluZw=="}}), "InvalidNextTokenException");
  EXPECT_EQ(error_of({{"NextToken", ""}}), "InvalidNextTokenException");
}

TEST_F(LookupTest, ATokenIsGoodForItsQueryOnly) {
  const std::string token = lookup({{"MaxResults", 5}})["NextToken"];
  EXPECT_EQ(error_of({{"MaxResults", 6}, {"NextToken", token}}), "") << "the page's size may change";
  EXPECT_EQ(error_of({{"StartTime", "2025-12-31T23:00:00Z"}, {"NextToken", token}}), "InvalidNextTokenException");
  for (size_t i = 0; i < token.size(); ++i) {
    std::string other = token;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(error_of({{"NextToken", other}}), "InvalidNextTokenException");
  }
  EXPECT_THROW(lookup({{"NextToken", token}}, "eu-west-1"), aws::Error);
}

TEST_F(LookupTest, ThereAreNoInsights) { EXPECT_EQ(lookup({{"EventCategory", "insight"}}), Json::parse(R"({"Events":[]})")); }

TEST_F(LookupTest, SearchFindsDataEventsAllRegionsAndSeveralFilters) {
  auto count = [this](Json in) { return call(cairn_search, std::move(in))["Events"].size(); };
  EXPECT_EQ(count({{"MaxResults", 1000}}), 48u);
  EXPECT_EQ(count({{"MaxResults", 1000}, {"Region", "eu-west-1"}}), 12u);
  EXPECT_EQ(count({{"MaxResults", 1000}, {"Category", "DATA"}}), 12u);
  EXPECT_EQ(count({{"MaxResults", 1000}, {"Category", "ALL"}}), 60u);
  const Json filters = Json::parse(R"([{"Attribute":"ReadOnly","Value":"false"},{"Attribute":"Username","Value":"alice"}])");
  EXPECT_EQ(count({{"MaxResults", 1000}, {"Category", "ALL"}, {"Filters", filters}}), 10u);
}

TEST_F(LookupTest, WhoFollowsGetsWhatIsNewerThanItsCursor) {
  const Json newest = call(cairn_search, {{"MaxResults", 1}, {"Category", "ALL"}})["Events"][0];
  EXPECT_EQ(newest["SourceIPAddress"], "192.0.2.1");
  EXPECT_EQ(newest["InvokedBy"], "cloudtrail.amazonaws.com");
  EXPECT_EQ(newest["Account"], kAccount);
  Json in = {{"Category", "ALL"}, {"NewerThan", newest["Cursor"]}};
  EXPECT_EQ(call(cairn_search, in), Json::parse(R"({"Events":[]})"));
  add(1);
  add(2);
  const Json out = call(cairn_search, in);
  ASSERT_EQ(out["Events"].size(), 2u);
  EXPECT_EQ(out["Events"][0]["EventId"], "00000000-0000-4000-8000-000000000002");
  EXPECT_THROW(call(cairn_search, {{"NewerThan", "yesterday"}}), aws::Error);
}

TEST_F(LookupTest, CallerIdentitySaysWhoSigned) {
  EXPECT_EQ(call(sts_caller_identity, Json::object()),
            Json::parse(R"({"UserId":"AIDAEXAMPLE","Account":"111122223333","Arn":"arn:aws:iam::111122223333:user/alice"})"));
}

}  // namespace
}  // namespace cairn::services

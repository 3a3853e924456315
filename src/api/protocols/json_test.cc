#include "api/protocols/wire_test.h"

namespace cairn::api {
namespace {

using aws::Protocol;

Json lookup(std::string_view body) { return decode_test(Protocol::kJson11, "cloudtrail", "LookupEvents", {.body = std::string(body)}); }
std::string lookup_error(std::string_view body) {
  return error_of([&] { lookup(body); });
}

TEST(JsonProtocol, ReadsWhatTheAwsCliSends) {
  EXPECT_EQ(
      lookup(
          R"({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateBucket"}], "StartTime": 1767322800, "MaxResults": 10})")
          .dump(),
      R"({"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"CreateBucket"}],"StartTime":"2026-01-02T03:00:00.000Z","MaxResults":10})");
  EXPECT_EQ(lookup("{}").dump(), "{}");
}

TEST(JsonProtocol, TakesTimestampsAsNumbersWithAFractionAndAsText) {
  EXPECT_EQ(lookup(R"({"StartTime":1767322800.123})")["StartTime"], "2026-01-02T03:00:00.123Z");
  EXPECT_EQ(lookup(R"({"StartTime":1.7673228E9})")["StartTime"], "2026-01-02T03:00:00.000Z");
  EXPECT_EQ(lookup(R"({"StartTime":"2026-01-02T03:00:00Z"})")["StartTime"], "2026-01-02T03:00:00.000Z");
  EXPECT_EQ(lookup_error(R"({"StartTime":"yesterday"})"), "SerializationException: ");
}

TEST(JsonProtocol, NullCountsAsNotSentAndUnknownMembersArePassedOver) {
  EXPECT_EQ(lookup(R"({"MaxResults":null,"Foo":{"a":[1]},"NextToken":"t","LookupAttributes":[null]})").dump(),
            R"({"LookupAttributes":[],"NextToken":"t"})");
}

TEST(JsonProtocol, TheLastOfDuplicateMembersWins) { EXPECT_EQ(lookup(R"({"MaxResults":1,"MaxResults":2})")["MaxResults"], 2); }

TEST(JsonProtocol, FractionsOfIntegersAreCutOff) { EXPECT_EQ(lookup(R"({"MaxResults":1.9})")["MaxResults"], 1); }

// Each pair of found and wanted type as measured on AWS.
TEST(JsonProtocol, WrongTypesAreRefusedInAwsWords) {
  const auto wrong = [](std::string_view message) { return "SerializationException: " + std::string(message); };
  EXPECT_EQ(lookup_error(R"({"MaxResults":"1"})"), wrong("STRING_VALUE can not be converted to an Integer"));
  EXPECT_EQ(lookup_error(R"({"MaxResults":true})"), wrong("TRUE_VALUE can not be converted to an Integer"));
  EXPECT_EQ(lookup_error(R"({"MaxResults":[1]})"), wrong("Start of list found where not expected"));
  EXPECT_EQ(lookup_error(R"({"MaxResults":{"a":1}})"), wrong("Start of structure or map found where not expected."));
  EXPECT_EQ(lookup_error(R"({"NextToken":1.5})"), wrong("NUMBER_VALUE can not be converted to a String"));
  EXPECT_EQ(lookup_error(R"({"NextToken":false})"), wrong("FALSE_VALUE can not be converted to a String"));
  EXPECT_EQ(lookup_error(R"({"NextToken":["x"]})"), wrong("Start of list found where not expected"));
  EXPECT_EQ(lookup_error(R"({"LookupAttributes":"x"})"), wrong("Expected list or null"));
  EXPECT_EQ(lookup_error(R"({"LookupAttributes":{}})"), wrong("Start of structure or map found where not expected."));
  EXPECT_EQ(lookup_error(R"({"LookupAttributes":["x"]})"), wrong("Expected null"));
  EXPECT_EQ(lookup_error("[]"), wrong("Start of list found where not expected"));
}

TEST(JsonProtocol, WhatIsNoJsonObjectIsRefusedWithoutAMessage) {
  for (std::string_view body :
       {"", "{", "null", "\"x\"", "1", "{\"NextToken\":\"x\",}", "{} {}", "{\"MaxResults\":99999999999}", "{\"NextToken\":\"\xff\"}"})
    EXPECT_EQ(lookup_error(body), "SerializationException: ") << body;
}

TEST(JsonProtocol, BlobsStayBase64AndMustBe) {
  const auto encrypt = [](std::string_view plaintext) {
    return decode_test(Protocol::kJson11, "kms", "Encrypt",
                       {.body = fmt::format(R"({{"KeyId":"k","Plaintext":"{}","EncryptionContext":{{"a":"b"}}}})", plaintext)});
  };
  EXPECT_EQ(encrypt("aGVsbG8=").dump(), R"({"KeyId":"k","Plaintext":"aGVsbG8=","EncryptionContext":{"a":"b"}})");
  EXPECT_EQ(error_of([&] { encrypt("no base64!"); }), "SerializationException: ");
}

TEST(JsonProtocol, WritesAnswersInTheModelsOrderWithTimesAsNumbers) {
  const Json out = {{"NextToken", "t"},
                    {"Events", {{{"EventTime", "2026-01-02T03:00:00Z"}, {"EventId", "e"}, {"Resources", Json::array()}}}}};
  const WireResponse response =
      encode(Protocol::kJson11, *aws::service_model("cloudtrail"), model_of("cloudtrail", "LookupEvents"), out, "r");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header_of(response, "Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(response.body, R"({"Events":[{"EventId":"e","EventTime":1767322800,"Resources":[]}],"NextToken":"t"})");
}

TEST(JsonProtocol, AnAnswerWithoutMembersIsEmptyOrAnEmptyObjectAsTheModelHasIt) {
  const auto body = [](std::string_view service, std::string_view operation) {
    return encode(Protocol::kJson11, *aws::service_model(service), model_of(service, operation), Json::object(), "r").body;
  };
  EXPECT_EQ(body("cloudtrail", "StartLogging"), "{}");
  EXPECT_EQ(body("logs", "CreateLogGroup"), "");
}

TEST(JsonProtocol, ErrorsNameTheirTypeAndTheMessageAsTheServiceSpellsIt) {
  const auto error = [](std::string_view service, const aws::ErrorKind& kind, std::string_view message) {
    return encode_error(Protocol::kJson11, *aws::service_model(service), nullptr, aws::Error(kind, "{}", message), "r", "", "");
  };
  // A recorded answer of this error has 147 bytes.
  const WireResponse missing = error("cloudtrail", {.code = "TrailNotFoundException"},
                                     "Unknown trail: arn:aws:cloudtrail:us-east-1:000000000000:trail/delete-me for the user: 000000000000");
  EXPECT_EQ(missing.status, 400);
  EXPECT_EQ(missing.body.size(), 147u);
  EXPECT_TRUE(missing.body.starts_with(R"({"__type":"TrailNotFoundException","Message":"Unknown trail: )"));
  EXPECT_EQ(error("kms", {.code = "NotFoundException"}, "m").body, R"({"__type":"NotFoundException","message":"m"})");
  EXPECT_EQ(error("kms", aws::kAccessDenied, "m").body, R"({"__type":"AccessDeniedException","Message":"m"})");
  EXPECT_EQ(error("kms", aws::kAccessDenied, "m").status, 400);
  EXPECT_EQ(error("kms", aws::kValidation, "m").body, R"({"__type":"ValidationException","message":"m"})");
  EXPECT_EQ(error("kms", aws::kSerialization, "").body, R"({"__type":"SerializationException"})");
  EXPECT_EQ(error("kms", {.code = "KMSInternalException"}, "m").status, 500);
}

TEST(JsonProtocol, AServiceThatOnceSpokeQueryTellsThatCodeInAHeader) {
  const WireResponse response = encode_error(Protocol::kJson10, *aws::service_model("monitoring"), nullptr,
                                             aws::Error({.code = "DashboardNotFoundError"}, "m"), "r", "", "");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(header_of(response, "Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(header_of(response, "x-amzn-query-error"), "ResourceNotFound;Sender");
  EXPECT_EQ(response.body, R"({"__type":"DashboardNotFoundError","message":"m"})");
}

}  // namespace
}  // namespace cairn::api

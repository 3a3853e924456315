#include "api/protocols/wire_test.h"

namespace cairn::api {
namespace {

using aws::Protocol;

Json read(std::string_view operation, TestRequest request) { return decode_test(Protocol::kRestJson, "lambda", operation, request); }

TEST(RestJson, ReadsLabelsQueryAndBody) {
  EXPECT_EQ(read("AddPermission", {.path = "/2015-03-31/functions/f/policy",
                                   .query = "Qualifier=live",
                                   .body = R"({"StatementId":"s","Action":"lambda:InvokeFunction","Principal":"s3.amazonaws.com"})",
                                   .labels = {{"FunctionName", "f"}}})
                .dump(),
            R"({"FunctionName":"f","StatementId":"s","Action":"lambda:InvokeFunction","Principal":"s3.amazonaws.com","Qualifier":"live"})");
  EXPECT_EQ(read("ListFunctions", {.method = "GET", .query = "MaxItems=5"}).dump(), R"({"MaxItems":5})");
  EXPECT_EQ(read("UntagResource", {.method = "DELETE", .query = "tagKeys=a&tagKeys=b", .labels = {{"Resource", "r"}}}).dump(),
            R"({"Resource":"r","TagKeys":["a","b"]})");
}

TEST(RestJson, MembersThatTravelElsewhereAreNotReadFromTheBody) {
  EXPECT_EQ(read("AddPermission", {.body = R"({"FunctionName":"other"})", .labels = {{"FunctionName", "f"}}}).dump(),
            R"({"FunctionName":"f"})");
}

TEST(RestJson, AnEmptyBodyIsNoParameters) { EXPECT_EQ(read("PublishVersion", {.body = ""}).dump(), "{}"); }

TEST(RestJson, RefusesWrongTypes) {
  EXPECT_EQ(error_of([] { read("ListFunctions", {.query = "MaxItems=x"}); }),
            "SerializationException: STRING_VALUE can not be converted to an Integer");
  EXPECT_EQ(error_of([] { read("AddPermission", {.body = R"({"StatementId":1})"}); }),
            "SerializationException: NUMBER_VALUE can not be converted to a String");
}

TEST(RestJson, WritesAnswersWithTheModelsStatus) {
  const WireResponse response =
      encode(Protocol::kRestJson, *aws::service_model("lambda"), model_of("lambda", "AddPermission"), {{"Statement", "{}"}}, "r");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(header_of(response, "Content-Type"), "application/json");
  EXPECT_EQ(response.body, R"({"Statement":"{}"})");
}

TEST(RestJson, WritesErrorsWithTheirTypeInAHeader) {
  const WireResponse response = encode_error(Protocol::kRestJson, *aws::service_model("lambda"), nullptr,
                                             aws::Error({.code = "ResourceNotFoundException"}, "Function not found: f"), "r", "", "");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(header_of(response, "x-amzn-ErrorType"), "ResourceNotFoundException");
  EXPECT_EQ(response.body, R"({"Type":"User","Message":"Function not found: f"})");
}

TEST(RestJson, ErrorsOfOurOwnServiceTellAllInTheirBody) {
  const auto body = [](const aws::Error& error) {
    return encode_error(Protocol::kRestJson, *aws::service_model("cairn"), nullptr, error, "r", "", "").body;
  };
  EXPECT_EQ(body(aws::Error({.code = "InvalidFilterException"}, "Filter: no")),
            R"({"__type":"InvalidFilterException","message":"Filter: no"})");
  EXPECT_EQ(body(aws::Error(aws::kSerialization, "")),
            R"({"__type":"SerializationException","message":"The body is not JSON of the kind that this call takes."})");
}

}  // namespace
}  // namespace cairn::api

#include "api/protocols/wire_test.h"

namespace cairn::api {
namespace {

using aws::Protocol;

Json read(std::string_view service, std::string_view operation, std::string_view form) {
  return decode_test(Protocol::kQuery, service, operation, {.body = std::string(form)});
}

TEST(QueryProtocol, ReadsAnAssumeRoleAsAwsDocumentsIt) {
  const std::string form =
      "Version=2011-06-15&Action=AssumeRole&RoleSessionName=testAR&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fdemo"
      "&PolicyArns.member.1.arn=arn:aws:iam::123456789012:policy/demopolicy1"
      "&PolicyArns.member.2.arn=arn:aws:iam::123456789012:policy/demopolicy2"
      "&Policy=%7B%22Version%22%3A%222012-10-17%22%7D&DurationSeconds=3600"
      "&Tags.member.1.Key=Project&Tags.member.1.Value=Pegasus&Tags.member.2.Key=Team&Tags.member.2.Value=a+b"
      "&TransitiveTagKeys.member.1=Project&ExternalId=123ABC";
  EXPECT_EQ(
      read("sts", "AssumeRole", form).dump(),
      R"({"RoleArn":"arn:aws:iam::123456789012:role/demo","RoleSessionName":"testAR",)"
      R"("PolicyArns":[{"arn":"arn:aws:iam::123456789012:policy/demopolicy1"},{"arn":"arn:aws:iam::123456789012:policy/demopolicy2"}],)"
      R"("Policy":"{\"Version\":\"2012-10-17\"}","DurationSeconds":3600,)"
      R"("Tags":[{"Key":"Project","Value":"Pegasus"},{"Key":"Team","Value":"a b"}],"TransitiveTagKeys":["Project"],"ExternalId":"123ABC"})");
}

TEST(QueryProtocol, ListsAreInTheOrderOfTheirNumbers) {
  std::string form;
  for (int i = 12; i > 0; --i) form += fmt::format("&TransitiveTagKeys.member.{0}=k{0}", i);
  const Json keys = read("sts", "AssumeRole", form)["TransitiveTagKeys"];
  ASSERT_EQ(keys.size(), 12u);
  EXPECT_EQ(keys[1], "k2");
  EXPECT_EQ(keys[11], "k12");
}

TEST(QueryProtocol, ReadsMapsEmptyListsAndTheQueryString) {
  EXPECT_EQ(read("sns", "CreateTopic", "Name=t&Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=d&Tags=").dump(),
            R"({"Name":"t","Attributes":{"DisplayName":"d"},"Tags":[]})");
  EXPECT_EQ(decode_test(Protocol::kQuery, "sts", "GetAccessKeyInfo",
                        {.method = "GET", .query = "Action=GetAccessKeyInfo&AccessKeyId=AKIAIOSFODNN7EXAMPLE"})
                .dump(),
            R"({"AccessKeyId":"AKIAIOSFODNN7EXAMPLE"})");
}

TEST(QueryProtocol, AnEmptyValueIsSentAndAMissingOneIsNot) {
  EXPECT_EQ(read("sns", "Publish", "Message=&TopicArn=a").dump(), R"({"TopicArn":"a","Message":""})");
}

TEST(QueryProtocol, RefusesWhatIsNoNumberOrNoForm) {
  const auto error = [](std::string_view form) { return error_of([&] { read("sts", "AssumeRole", form); }); };
  EXPECT_EQ(error("DurationSeconds=soon"), "SerializationException: STRING_VALUE can not be converted to an Integer");
  EXPECT_EQ(error("DurationSeconds=99999999999"), "SerializationException: STRING_VALUE can not be converted to an Integer");
  EXPECT_EQ(error("RoleArn=%zz"), "MalformedQueryString: The query string contains a syntax error");
}

TEST(QueryProtocol, AFloodOfParametersIsRefused) {
  std::string form;
  for (int i = 0; i < 60'000; ++i) form += "a=&";
  EXPECT_EQ(error_of([&] { read("sts", "AssumeRole", form); }), "SerializationException: Too many parameters");
}

TEST(QueryProtocol, ADocumentThatIsTooDeepIsRefused) {
  std::string name = "Tags";
  for (int i = 0; i < 200; ++i) name += ".1";
  EXPECT_EQ(error_of([&] { read("sts", "AssumeRole", name + "=x"); }), "SerializationException: Parameter nested too deep");
}

TEST(QueryProtocol, WritesAGetCallerIdentityAsAwsDocumentsIt) {
  const Json out = {{"Account", "123456789012"}, {"UserId", "AIDACKCEVSQ6C2EXAMPLE"}, {"Arn", "arn:aws:iam::123456789012:user/Alice"}};
  const WireResponse response = encode(Protocol::kQuery, *aws::service_model("sts"), model_of("sts", "GetCallerIdentity"), out,
                                       "01234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(header_of(response, "Content-Type"), "text/xml");
  EXPECT_EQ(response.body,
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>"
            "<UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>123456789012</Account>"
            "<Arn>arn:aws:iam::123456789012:user/Alice</Arn></GetCallerIdentityResult><ResponseMetadata>"
            "<RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata></GetCallerIdentityResponse>");
}

TEST(QueryProtocol, WritesListsTimesAndRequiredEmptyLists) {
  const Json out = {{"Users", {{{"Path", "/"}, {"UserName", "a&b"}, {"CreateDate", "2026-01-02T03:04:05.678Z"}}}}, {"IsTruncated", false}};
  const auto body = [&](const Json& value) {
    return encode(Protocol::kQuery, *aws::service_model("iam"), model_of("iam", "ListUsers"), value, "r").body;
  };
  EXPECT_NE(body(out).find("<ListUsersResult><Users><member><Path>/</Path><UserName>a&amp;b</UserName>"
                           "<CreateDate>2026-01-02T03:04:05.678Z</CreateDate></member></Users><IsTruncated>false</IsTruncated>"
                           "</ListUsersResult>"),
            std::string::npos)
      << body(out);
  EXPECT_NE(body(Json::object()).find("<ListUsersResult><Users/></ListUsersResult>"), std::string::npos);
}

TEST(QueryProtocol, WritesErrorsWithTheWiresCodeAndStatus) {
  const auto error = [](std::string_view service, const aws::ErrorKind& kind) {
    return encode_error(Protocol::kQuery, *aws::service_model(service), nullptr, aws::Error(kind, "m"), "r", "", "");
  };
  const WireResponse missing = error("iam", {.code = "NoSuchEntityException"});
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body,
            "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>"
            "<Code>NoSuchEntity</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>");
  EXPECT_NE(error("sts", aws::kValidation).body.find("<Code>ValidationError</Code>"), std::string::npos);
  EXPECT_NE(error("sns", aws::kValidation).body.find("<Code>ValidationError</Code>"), std::string::npos);
  EXPECT_NE(error("sns", {.code = "ValidationException", .wire_code = "ValidationException"}).body.find("<Code>ValidationException</Code>"),
            std::string::npos);
  EXPECT_NE(error("sts", aws::kAccessDenied).body.find("<Code>AccessDenied</Code>"), std::string::npos);
  EXPECT_EQ(error("sts", aws::kAccessDenied).status, 403);
  EXPECT_NE(error("sns", aws::kAccessDenied).body.find("<Code>AuthorizationError</Code>"), std::string::npos);
  EXPECT_NE(error("iam", aws::kInternalFailure).body.find("<Type>Receiver</Type>"), std::string::npos);
}

}  // namespace
}  // namespace cairn::api

#include "aws/policy/explain.h"

#include <gtest/gtest.h>

namespace cairn::aws::policy {
namespace {

Request by_alice() {
  Request request;
  request.caller = {.kind = Caller::Kind::kUser, .account = "111122223333", .arn = "arn:aws:iam::111122223333:user/alice"};
  request.action = "s3:GetObject";
  request.resource = "arn:aws:s3:::b/k";
  return request;
}

TEST(Explain, names_what_does_not_fit) {
  const auto reason = [](std::string_view statements, Request request) {
    return explain(Policy::parse(fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})", statements), Kind::kResource).value(),
                   request, "the key policy");
  };
  EXPECT_EQ(reason(R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"})", by_alice()),
            "the key policy allows nothing to anyone");
  EXPECT_EQ(reason(R"({"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"kms:*","Resource":"*"})", by_alice()),
            "no statement of the key policy names arn:aws:iam::111122223333:user/alice as principal");
  EXPECT_EQ(
      reason(R"({"Sid":"Theirs","Effect":"Allow","Principal":{"AWS":["444455556666","777788889999"]},"Action":"s3:*","Resource":"*"})",
             by_alice()),
      "no statement of the key policy names arn:aws:iam::111122223333:user/alice as principal; statement \"Theirs\" allows this, but to "
      "444455556666 or 777788889999");
  EXPECT_EQ(
      reason(R"({"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:*","Resource":"*"},)"
             R"({"Effect":"Allow","Principal":"*","Action":["s3:Put*","s3:List*"],"Resource":"arn:aws:s3:::c/*"})",
             by_alice()),
      "no statement of the key policy allows arn:aws:iam::111122223333:user/alice s3:GetObject on arn:aws:s3:::b/k; statement 2 comes "
      "nearest, but its Action is s3:Put* or s3:List*, not s3:GetObject, and its Resource is arn:aws:s3:::c/*, not arn:aws:s3:::b/k");
  Request tagged = by_alice();
  tagged.context.add("aws:TagKeys", "a");
  tagged.context.add("aws:TagKeys", "b");
  EXPECT_EQ(
      reason(R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":)"
             R"({"ForAllValues:StringEquals":{"aws:TagKeys":"a"},"Bool":{"aws:SecureTransport":true}}})",
             tagged),
      "no statement of the key policy allows arn:aws:iam::111122223333:user/alice s3:GetObject on arn:aws:s3:::b/k; statement 1 comes "
      "nearest, but its condition ForAllValues:StringEquals aws:TagKeys wants \"a\", and the request has \"a\" or \"b\", and its "
      "condition Bool aws:SecureTransport wants \"true\", and the request has none");
}

}  // namespace
}  // namespace cairn::aws::policy

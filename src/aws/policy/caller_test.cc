#include "aws/policy/caller.h"

#include <gtest/gtest.h>

namespace cairn::aws::policy {
namespace {

// The principals' values are those of IAM/reference_policies_variables.html#principaltable.
TEST(Caller, is_described_with_what_its_session_says) {
  Principal principal;
  principal.kind = Principal::Kind::kAssumedRole;
  principal.account = AccountId("111122223333");
  principal.principal_id = "AROAEXAMPLE00000000:s";
  principal.arn = "arn:aws:sts::111122223333:assumed-role/r/s";
  principal.session_context =
      std::make_shared<const Json>(Json{{"sessionIssuer", {{"arn", "arn:aws:iam::111122223333:role/path/r"}}},
                                        {"attributes", {{"creationDate", "2026-01-01T00:00:00Z"}, {"mfaAuthenticated", "true"}}},
                                        {"sourceIdentity", "alice"}});
  Context context;
  describe_caller(principal, *timestamps::parse_iso8601("2026-01-01T01:00:00Z"), context);
  const auto value = [&](std::string_view key) {
    const std::vector<std::string>* values = context.find(Key(key));
    return values == nullptr ? std::string("(absent)") : values->front();
  };
  EXPECT_EQ(value("aws:principalarn"), "arn:aws:iam::111122223333:role/path/r");
  EXPECT_EQ(value("aws:userid"), "AROAEXAMPLE00000000:s");
  EXPECT_EQ(value("aws:tokenissuetime"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(value("aws:multifactorauthpresent"), "true");
  EXPECT_EQ(value("aws:multifactorauthage"), "3600");
  EXPECT_EQ(value("aws:sourceidentity"), "alice");
  EXPECT_EQ(value("aws:username"), "(absent)");
  EXPECT_EQ(caller_of(principal).base_arn, "arn:aws:iam::111122223333:role/path/r");
}

}  // namespace
}  // namespace cairn::aws::policy

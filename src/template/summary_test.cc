#include "template/summary.h"

#include <gtest/gtest.h>

#include "template/canonical.h"

namespace cairn::cfn {
namespace {

Summary summary_of(const std::string& text) {
  const auto read = Template::parse(text);
  EXPECT_TRUE(read.has_value()) << read.error().text();
  return read ? summarize(*read) : Summary();
}

TEST(Summary, TellsTypesAndCapabilities) {
  using Texts = std::vector<std::string>;
  const Summary plain = summary_of("AWSTemplateFormatVersion: '2010-09-09'\nResources: {A: {Type: B}, C: {Type: A}, D: {Type: B}}");
  EXPECT_EQ(plain.resource_types, (Texts{"B", "A"}));
  EXPECT_EQ(plain.ids_by_type.at("B"), (Texts{"A", "D"}));
  EXPECT_TRUE(plain.capabilities.empty() && plain.capabilities_reason.empty());
  EXPECT_EQ(plain.version, "2010-09-09");

  const Summary iam = summary_of("Resources: {R: {Type: 'AWS::IAM::Role'}, P: {Type: 'AWS::IAM::Policy', Properties: {PolicyName: x}}}");
  EXPECT_EQ(iam.capabilities, Texts{"CAPABILITY_IAM"});
  EXPECT_EQ(iam.capabilities_reason, "The following resource(s) require capabilities: [AWS::IAM::Policy, AWS::IAM::Role]");
  EXPECT_EQ(missing_capabilities(iam, {}), Texts{"CAPABILITY_IAM"});
  EXPECT_EQ(missing_capabilities(iam, {"CAPABILITY_NAMED_IAM"}), Texts{});
  EXPECT_EQ(requires_capabilities({"CAPABILITY_IAM"}), "Requires capabilities : [CAPABILITY_IAM]");

  const Summary named = summary_of("Resources: {R: {Type: 'AWS::IAM::Role', Properties: {RoleName: !Sub '${AWS::StackName}-x'}}}");
  EXPECT_EQ(named.capabilities, Texts{"CAPABILITY_NAMED_IAM"});
  EXPECT_EQ(missing_capabilities(named, {"CAPABILITY_IAM"}), Texts{"CAPABILITY_NAMED_IAM"});

  const Summary loops =
      summary_of("Transform: AWS::LanguageExtensions\nResources: {'Fn::ForEach::X': [N, [a], {'R${N}': {Type: 'AWS::SNS::Topic'}}]}");
  EXPECT_EQ(loops.resource_types, Texts{"AWS::SNS::Topic"});
  EXPECT_EQ(loops.capabilities, Texts{"CAPABILITY_AUTO_EXPAND"});
}

TEST(Canonical, ComparesWhatIsMeant) {
  EXPECT_TRUE(same(Json::parse(R"({"a": 60, "b": [true, {"c": "x", "d": 1.5}]})"),
                   Json::parse(R"({"b": ["true", {"d": "1.5", "c": "x"}], "a": "60"})")));
  EXPECT_FALSE(same(Json::parse(R"(["a", "b"])"), Json::parse(R"(["b", "a"])")));
  EXPECT_EQ(changed_members(Json::parse(R"({"b": 1, "a": 1, "same": "2"})"), Json::parse(R"({"c": 1, "a": 2, "same": 2})")),
            (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(changed_members(nullptr, Json::parse(R"({"c": 1})")), std::vector<std::string>{"c"});
}

}  // namespace
}  // namespace cairn::cfn

#include "template/program.h"

#include <gtest/gtest.h>

#include <fstream>

#include "template/world_test.h"

namespace cairn::cfn {
namespace {

constexpr std::string_view kHead = R"(
Parameters:
  Env: {Type: String, Default: dev}
  Size: {Type: Number, Default: 1000.0}
  Subnets: {Type: CommaDelimitedList, Default: "subnet-1, subnet-2,subnet-3"}
  Ports: {Type: List<Number>, Default: "80,443"}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /ami}
Mappings:
  RegionMap:
    us-east-1: {Ami: ami-east, Sizes: [a, 2], Count: 2}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Not [!Condition IsProd]
Resources:
  T: {Type: AWS::SNS::Topic}
  R:
    Type: AWS::SSM::Parameter
    Properties:
      P: )";

/// The value, evaluated, or the refusal's words as a string.
Json evaluated(const std::string& value, bool extended = false) {
  const auto program = program_of((extended ? "Transform: AWS::LanguageExtensions" : "") + std::string(kHead) + value + "\n");
  if (!program) return program.error().message;
  TestSurroundings surroundings;
  auto properties = program->properties("R", surroundings);
  if (!properties) return properties.error().message;
  return properties->contains("P") ? (*properties)["P"] : Json("(none)");
}

/// Examples of AWS's reference of functions, and what was recorded of them.
TEST(Program, EvaluatesFunctions) {
  const std::vector<std::pair<std::string, Json>> cases = {
      {"!Ref Env", "dev"},
      {"!Ref Size", "1000.0"},
      {"!Ref Subnets", {"subnet-1", "subnet-2", "subnet-3"}},
      {"!Ref Ports", {"80", "443"}},
      {"!Ref Stored", "value of /ami"},
      {"!Ref T", "physical-T"},
      {"!Ref AWS::Region", "us-east-1"},
      {"!Ref AWS::AccountId", "123456789012"},
      {"!Ref AWS::Partition", "aws"},
      {"!Ref AWS::URLSuffix", "amazonaws.com"},
      {"!Ref AWS::StackName", "demo"},
      {"!Ref AWS::StackId", "arn:aws:cloudformation:us-east-1:123456789012:stack/demo/1"},
      {"!Ref AWS::NotificationARNs", {"arn:aws:sns:us-east-1:123456789012:told"}},
      {"!Ref AWS::NoValue", "(none)"},
      {"[a, !Ref AWS::NoValue, {b: !Ref AWS::NoValue, c: 1}]", {"a", {{"c", 1}}}},
      {"!GetAtt T.TopicArn", "T/TopicArn"},
      {"!GetAtt [T, !Ref Env]", "T/dev"},
      {"{'Fn::GetAtt': T.Outputs.Name}", "T/Outputs.Name"},
      {"!GetAtt T.List", {"one", "two"}},
      {"!GetAtt T.Absent", "Requested attribute Absent does not exist in schema for AWS::SNS::Topic"},
      {"!Sub '${Env}-${AWS::Region}-${T}-${T.TopicName}-${!Literal}-${Size}-$5'",
       "dev-us-east-1-physical-T-T/TopicName-${Literal}-1000.0-$5"},
      {"!Sub ['www.${Domain}', {Domain: !Ref Env}]", "www.dev"},
      {"!Sub ['${Env}', {Env: own}]", "own"},
      {"!Sub '${Subnets}'", "Template error: variable Subnets in Fn::Sub expression does not resolve to a string"},
      {"!Sub '${Unclosed'", "${Unclosed"},
      {"!Join [':', [a, b, c]]", "a:b:c"},
      {"!Join [',', [Sample, !Ref AWS::NoValue]]", "Sample"},
      {"!Join [',', [!Ref AWS::NoValue]]", ""},
      {"!Join ['|', !Ref Subnets]", "subnet-1|subnet-2|subnet-3"},
      {"!Join ['', [1, true, x]]", "1truex"},
      {"!Split ['|', 'a|b|c']", {"a", "b", "c"}},
      {"!Split ['|', 'a||c|']", {"a", "", "c", ""}},
      {"!Select ['1', [apples, grapes, oranges, mangoes]]", "grapes"},
      {"!Select [2, !Ref Subnets]", "subnet-3"},
      {"!Select [0, !Split [':', !GetAtt T.Arn]]", "T/Arn"},
      {"!Select [1, [a]]", "Template error: Fn::Select  cannot select nonexistent value at index 1"},
      {"!If [IsProd, big, small]", "small"},
      {"!If [IsDev, {a: !Ref Env}, b]", {{"a", "dev"}}},
      {"{a: !If [IsProd, x, !Ref AWS::NoValue], b: 1}", {{"b", 1}}},
      {"!FindInMap [RegionMap, !Ref AWS::Region, Ami]", "ami-east"},
      {"!FindInMap [RegionMap, us-east-1, Sizes]", {"a", 2}},
      {"!FindInMap [RegionMap, C, Suffix]", "Template error: Unable to get mapping for RegionMap::C::Suffix"},
      {"!ImportValue net-SubnetID", "imported net-SubnetID"},
      {"!ImportValue {'Fn::Sub': '${Env}-x'}", "imported dev-x"},
      {"!ImportValue Unknown", "No export named Unknown found"},
      {"!Base64 AWS CloudFormation", "QVdTIENsb3VkRm9ybWF0aW9u"},
      {"!Base64 {'Fn::Sub': '${Env}'}", "ZGV2"},
      {"!GetAZs ''", {"us-east-1a", "us-east-1b", "us-east-1c"}},
      {"!GetAZs {Ref: 'AWS::Region'}", {"us-east-1a", "us-east-1b", "us-east-1c"}},
      {"!GetAZs eu-west-1", Json::array()},
      {"!Cidr ['192.168.0.0/24', '6', '5']",
       {"192.168.0.0/27", "192.168.0.32/27", "192.168.0.64/27", "192.168.0.96/27", "192.168.0.128/27", "192.168.0.160/27"}},
      {"!Cidr ['192.168.0.0/16', 2, 8]", {"192.168.0.0/24", "192.168.1.0/24"}},
      {"!Select [0, !Cidr ['2001:db8:abcd:de00::/56', 256, 64]]", "2001:db8:abcd:de00::/64"},
      {"!Select [255, !Cidr ['2001:db8:abcd:de00::/56', 256, 64]]", "2001:db8:abcd:deff::/64"},
      {"!Cidr ['10.0.0.0/24', 9, 5]", "Template error: Fn::Cidr cannot make 9 blocks of 5 bits of 10.0.0.0/24"},
      {"!Cidr ['10.0.0.0/8', 1, '-9223372036854775808']",
       "Template error: Fn::Cidr cannot make 1 blocks of -9223372036854775808 bits of 10.0.0.0/8"},
      {"!Cidr ['10.0.0/24', 1, 5]", "Template error: Fn::Cidr's '10.0.0/24' is no CIDR block"},
      {"'{{resolve:ssm:/name:3}}-x'", "<ssm /name:3>-x"},
      {"!Sub 'abc:{{resolve:ssm:${Env}}}'", "abc:<ssm dev>"},
      {"!Join ['', ['{{resolve:secretsmanager:', !Ref Env, ':SecretString:password}}']]", "<secretsmanager dev:SecretString:password>"},
      {"'{{resolve:ssm:/absent}}'", "Parameter /absent not found."},
      {"'{{resolve:ssm}}'", "Dynamic reference {{resolve:ssm}} is malformed"},
      {"{Condition: {StringEquals: {a: b}}, Ref: x}", {{"Condition", {{"StringEquals", {{"a", "b"}}}}}, {"Ref", "x"}}},
  };
  for (const auto& [value, expected] : cases) EXPECT_EQ(evaluated(value).dump(), expected.dump()) << value;
}

TEST(Program, EvaluatesLanguageExtensions) {
  const std::vector<std::pair<std::string, Json>> cases = {
      {"!Length [a, b, c]", 3},
      {"!Length {Ref: Subnets}", 3},
      {"!ToJsonString {key1: value1, key2: !Ref Env, n: 1}", R"({"key1":"value1","key2":"dev","n":1})"},
      {"!ToJsonString [!Ref Env, [1]]", R"(["dev",[1]])"},
      {"!FindInMap [RegionMap, nowhere, Ami, {DefaultValue: !Ref Env}]", "dev"},
      {"!FindInMap [Nowhere, nowhere, Ami, {DefaultValue: x}]", "x"},
      {"!FindInMap [RegionMap, !Join ['-', [us, east, 1]], Ami]", "ami-east"},
  };
  for (const auto& [value, expected] : cases) EXPECT_EQ(evaluated(value, true).dump(), expected.dump()) << value;
  EXPECT_EQ(evaluated("!Length [a]").get<std::string>().substr(0, 62), "Template Error: Encountered unsupported function: Fn::Length S");
}

TEST(Program, LeavesWhatIsNotKnownYetWhole) {
  class Unknown : public TestSurroundings {
    std::optional<Json> ref(const std::string&) override { return Json(kKnownAfterApply); }
    std::optional<Json> attribute(const std::string&, const std::string&) override { return Json(kKnownAfterApply); }
  } surroundings;
  const auto program = program_of(std::string(kHead) + "[!Select [5, !Split [':', !GetAtt T.Arn]], !Base64 {Ref: T}, !Sub 'x-${T}']\n");
  ASSERT_TRUE(program.has_value()) << program.error().text();
  const std::string unknown(kKnownAfterApply);
  EXPECT_EQ(program->properties("R", surroundings).value()["P"], (Json{unknown, unknown, "x-" + unknown}));
  const auto indexed = program_of(std::string(kHead) + "[!Select [!Ref T, [a, b]], !FindInMap [RegionMap, !Ref T, Ami]]\n");
  ASSERT_TRUE(indexed.has_value()) << indexed.error().text();
  EXPECT_EQ(indexed->properties("R", surroundings).value()["P"], (Json{unknown, unknown}));
}

constexpr std::string_view kSecretive = R"(
Transform: AWS::LanguageExtensions
Parameters: {Word: {Type: String, NoEcho: true}, Words: {Type: CommaDelimitedList, NoEcho: true}, Open: {Type: CommaDelimitedList}}
Conditions: {IsSet: !Equals [!Ref Word, hidden]}
Resources:
  R: {Type: X, Properties: {A: !Ref Word, B: !Sub "x-${Word}", C: !If [IsSet, set, not], D: !Select [1, !Ref Words], E: open}}
  T: {Type: X, Properties: {"Fn::ForEach::Each": [W, !Ref Words, {"P${W}": !Sub "v-${W}"}]}}
  "Fn::ForEach::Open": [O, !Ref Open, {"O${O}": {Type: X}}]
)";

TEST(Program, ShowsNothingOfWhatNoEchoHides) {
  const auto program = program_of(kSecretive, {{"Word", "hidden"}, {"Words", "first,second"}, {"Open", "a,b"}});
  ASSERT_TRUE(program.has_value()) << program.error().text();
  TestSurroundings surroundings;
  EXPECT_EQ(program->properties("R", surroundings).value()["D"], "second");
  // D takes a list apart that is hidden as a whole: nothing of R is told.
  EXPECT_EQ(program->shown_properties("R", surroundings),
            (Json{{"A", "****"}, {"B", "****"}, {"C", "****"}, {"D", "****"}, {"E", "****"}}));
  EXPECT_EQ(json::dump(program->shown_properties("T", surroundings)).find("second"), std::string::npos);
  const std::string processed = json::dump(program->processed());
  for (const char* word : {"hidden", "first", "second"})
    EXPECT_EQ(processed.find(word) == std::string::npos, word != std::string_view("hidden")) << word << processed;  // of the condition
  EXPECT_NE(processed.find("\"Ob\""), std::string::npos);
}

TEST(Program, ShowsTheRestOfProperties) {
  const auto program = program_of(R"(
Parameters: {Word: {Type: String, NoEcho: true}}
Conditions: {IsSet: !Equals [!Ref Word, hidden]}
Resources: {R: {Type: X, Properties: {A: !Ref Word, B: !Sub "x-${Word}", C: !If [IsSet, set, not], E: open}}}
)",
                                  {{"Word", "hidden"}});
  ASSERT_TRUE(program.has_value()) << program.error().text();
  TestSurroundings surroundings;
  EXPECT_EQ(program->shown_properties("R", surroundings), (Json{{"A", "****"}, {"B", "x-****"}, {"C", "set"}, {"E", "open"}}));
}

constexpr std::string_view kConditional = R"(
Parameters: {Env: {Type: String}, Size: {Type: String, Default: small}, Policy: {Type: String, Default: Retain}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsBig: !Equals [!Ref Size, big]
  Both: !And [!Condition IsProd, !Condition IsBig]
  Either: !Or [!Condition IsProd, !Condition IsBig]
  FromIf: !Equals [!If [IsProd, a, b], a]
Resources:
  Last: {Type: X, DependsOn: [Prod, Always], Properties: {A: !If [IsProd, !Ref Prod, !GetAtt Always.Arn]}}
  Prod: {Type: X, Condition: IsProd, DeletionPolicy: Retain, UpdateReplacePolicy: Snapshot}
  Big: {Type: X, Condition: Both, DeletionPolicy: !If [IsProd, RetainExceptOnCreate, Delete], UpdateReplacePolicy: !Ref Policy}
  Any: {Type: X, Condition: Either, Metadata: {Sees: !Sub "${Always}"}}
  Always: {Type: X}
Outputs:
  ProdId: {Value: !Ref Prod, Condition: IsProd, Description: only there, Export: {Name: !Sub "${Env}:id"}}
  Number: {Value: 5}
)";

std::vector<std::string> ids(const Program& program) {
  std::vector<std::string> ids;
  for (const Resource& resource : program.resources()) ids.push_back(resource.id);
  return ids;
}

TEST(Program, ConditionsDecideResourcesDependenciesAndOutputs) {
  using Ids = std::vector<std::string>;
  const auto dev = program_of(kConditional, {{"Env", "dev"}});
  ASSERT_TRUE(dev.has_value()) << dev.error().text();
  EXPECT_EQ(ids(*dev), (Ids{"Last", "Always"}));
  EXPECT_EQ(dev->resource("Last")->depends_on, Ids{"Always"});
  EXPECT_EQ(dev->resource("Last")->explicitly_depends_on, Ids{"Always"});
  EXPECT_EQ(dev->resource("Prod"), nullptr);
  EXPECT_EQ(dev->creation_order(), (Ids{"Always", "Last"}));
  TestSurroundings surroundings;
  const auto outputs = dev->outputs(surroundings);
  ASSERT_TRUE(outputs.has_value());
  ASSERT_EQ(outputs->size(), 1u);
  EXPECT_EQ(outputs->front().value, "5");

  const auto prod = program_of(kConditional, {{"Env", "prod"}, {"Size", "big"}});
  ASSERT_TRUE(prod.has_value()) << prod.error().text();
  EXPECT_EQ(ids(*prod), (Ids{"Last", "Prod", "Big", "Any", "Always"}));
  EXPECT_EQ(prod->resource("Last")->depends_on, (Ids{"Prod", "Always"}));
  EXPECT_EQ(prod->resource("Any")->depends_on, Ids{"Always"});
  EXPECT_EQ(prod->creation_order(), (Ids{"Prod", "Big", "Always", "Last", "Any"}));
  EXPECT_EQ(prod->resource("Prod")->deletion_policy, "Retain");
  EXPECT_EQ(prod->resource("Prod")->update_replace_policy, "Snapshot");
  EXPECT_EQ(prod->resource("Big")->deletion_policy, "RetainExceptOnCreate");
  EXPECT_EQ(prod->resource("Big")->update_replace_policy, "Retain");
  EXPECT_EQ(refusal_of(kConditional, {{"Env", "prod"}, {"Size", "big"}, {"Policy", "Keep"}}),
            "Template format error: Unrecognized UpdateReplacePolicy Keep for resource Big");
  EXPECT_TRUE(prod->resource("Prod")->has_deletion_policy && !prod->resource("Any")->has_deletion_policy);
  EXPECT_EQ(prod->conditions(),
            (std::map<std::string, bool>{{"IsProd", true}, {"IsBig", true}, {"Both", true}, {"Either", true}, {"FromIf", true}}));
  const auto told = prod->outputs(surroundings).value();
  EXPECT_EQ(told[0].value, "physical-Prod");
  EXPECT_EQ(told[0].export_name, "prod:id");
  EXPECT_EQ(told[0].description, "only there");
  EXPECT_EQ(prod->attribute_section("Any", "Metadata", surroundings).value(), (Json{{"Sees", "physical-Always"}}));
  EXPECT_TRUE(prod->attribute_section("Any", "UpdatePolicy", surroundings).value().is_null());
}

TEST(Program, RefusesWhatNeedsResourcesThatAreNotThere) {
  const std::string head = "Conditions: {Never: !Equals [a, b]}\nResources:\n  MyTopic: {Type: AWS::SNS::Topic, Condition: Never}\n";
  EXPECT_EQ(refusal_of(head + "  P: {Type: X, Properties: {V: !Ref MyTopic}}"),
            "Template format error: Unresolved resource dependencies [MyTopic] in the Resources block of the template");
  EXPECT_EQ(refusal_of(head + "  P: {Type: X, Properties: {V: !GetAtt MyTopic.TopicName}}"),
            "Template format error: Unresolved resource dependencies [MyTopic] in the Resources block of the template");
  EXPECT_EQ(refusal_of(head + "  P: {Type: X, DependsOn: MyTopic}"), "");
  EXPECT_EQ(refusal_of(head + "Outputs: {O: {Value: !Ref MyTopic}}"),
            "Unresolved resource dependencies [MyTopic] in the Outputs block of the template");
  EXPECT_EQ(refusal_of(head + "  P: {Type: X}\nOutputs: {O: {Value: x, Export: {Name: !GetAtt MyTopic.TopicName}}}"),
            "Unresolved resource dependencies [MyTopic] in the Outputs block of the template");
  EXPECT_EQ(refusal_of(head + "  P: {Type: X, Properties: {V: !If [Never, !Ref MyTopic, x]}}"), "");
  EXPECT_EQ(refusal_of("Conditions: {Ever: !Equals [a, a]}\nResources: {A: {Type: X, Properties: {V: !If [Ever, !Ref B, x]}}, B: {Type: X, "
                       "DependsOn: A}}"),
            "Circular dependency between resources: [A, B]");
  EXPECT_EQ(refusal_of("Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}\nResources: {A: {Type: X}}"),
            "Template format error: Circular dependency between conditions: [A, B]");
  EXPECT_EQ(refusal_of("Transform: AWS::Serverless-2016-10-31\nGlobals: {}\nResources: {A: {Type: X}}"),
            "Transform AWS::Serverless-2016-10-31 is not supported");
}

/// The second is what every stack of the CDK says about its bootstrap.
TEST(Program, ChecksRules) {
  const std::string rules = R"(
Resources: {T: {Type: X}}
Parameters:
  Env: {Type: String}
  Zones: {Type: CommaDelimitedList, Default: "a, b"}
  BootstrapVersion: {Type: "AWS::SSM::Parameter::Value<String>", Default: /cdk-bootstrap/hnb659fds/version}
Rules:
  ProdNeedsAll:
    RuleCondition: !Equals [!Ref Env, prod]
    Assertions:
      - Assert: {"Fn::EachMemberIn": [!Ref Zones, [a]]}
        AssertDescription: Only zone a
  CheckBootstrapVersion:
    Assertions:
      - Assert: {"Fn::Not": [{"Fn::Contains": [["1", "2", "3"], {"Ref": "Env"}]}]}
        AssertDescription: CDK bootstrap stack version 6 required.
      - Assert: !Or [{"Fn::EachMemberEquals": [[a, a], a]}, !Equals [a, b]]
)";
  EXPECT_EQ(refusal_of(rules, {{"Env", "dev"}}), "");
  EXPECT_EQ(refusal_of(rules, {{"Env", "prod"}}), "Template error: rule ProdNeedsAll failed: Only zone a");
  EXPECT_EQ(refusal_of(rules, {{"Env", "prod"}, {"Zones", "a"}}), "");
  EXPECT_EQ(refusal_of(rules, {{"Env", "2"}}),
            "Template error: rule CheckBootstrapVersion failed: CDK bootstrap stack version 6 required.");
  EXPECT_EQ(refusal_of("Resources: {T: {Type: X}}\nRules: {R: {Assertions: [{Assert: !Equals [!If [a, b, c], x]}]}}"),
            "Template format error: Following functions are not supported in the Rules block of the template: [Fn::If]");
}

TEST(Program, BoundsWhatValuesBecome) {
  std::string text = "Parameters: {P: {Type: String}}\nResources:\n  R:\n    Type: X\n    Properties: {V: !Sub '";
  for (int i = 0; i < 5000; ++i) text += "${P}";
  const auto program = program_of(text + "'}", {{"P", std::string(4000, 'x')}});
  ASSERT_TRUE(program.has_value()) << program.error().text();
  TestSurroundings surroundings;
  const auto properties = program->properties("R", surroundings);
  ASSERT_FALSE(properties.has_value());
  EXPECT_EQ(properties.error().message, "Template error: the values of the template take more than 8388608 bytes");
  // What is large and is named again and again.
  class Large : public TestSurroundings {
    std::optional<Json> ref(const std::string&) override { return Json(std::string(8000, 'x')); }
    std::optional<Json> attribute(const std::string&, const std::string&) override { return Json{std::string(8000, 'x')}; }
  } large;
  for (const std::string name : {"!Ref T", "!GetAtt T.List"}) {
    std::string list = "Resources:\n  T: {Type: Y}\n  R:\n    Type: X\n    Properties:\n      V:\n";
    for (int i = 0; i < 2000; ++i) list += "        - " + name + "\n";
    const auto naming = program_of(list);
    ASSERT_TRUE(naming.has_value()) << naming.error().text();
    const auto named = naming->properties("R", large);
    ASSERT_FALSE(named.has_value()) << name;
    EXPECT_EQ(named.error().message, "Template error: the values of the template take more than 8388608 bytes");
  }
}

TEST(Program, KnowsWhatAPropertyDependsOn) {
  const auto program = program_of(std::string(kHead) + "!Sub ['${Env}${T}${T.Arn}${AWS::Region}${Own}${Env}', {Own: !GetAtt T.Name}]\n");
  ASSERT_TRUE(program.has_value()) << program.error().text();
  using Source = Cause::Source;
  EXPECT_EQ(program->causes("R", "P"),
            (std::vector<Cause>{
                {Source::kParameter, "Env"}, {Source::kResource, "T"}, {Source::kAttribute, "T.Arn"}, {Source::kAttribute, "T.Name"}}));
  EXPECT_TRUE(program->causes("R", "Other").empty() && program->causes("T", "P").empty());
}

TEST(Program, KnowsWhatItImports) {
  const auto program = program_of(
      "Conditions: {Never: !Equals [a, b]}\nResources:\n  R:\n    Type: X\n    Properties:\n"
      "      A: !ImportValue {'Fn::Sub': '${AWS::Region}-vpc'}\n"
      "      B: !If [Never, !ImportValue never, x]\n"
      "Outputs: {O: {Value: !ImportValue other, Export: {Name: !ImportValue name}}}");
  ASSERT_TRUE(program.has_value()) << program.error().text();
  EXPECT_EQ(program->imports(), (std::set<std::string>{"us-east-1-vpc", "other", "name"}));
}

/// The set-up that the project was asked for.
TEST(Program, RunsTheSetUpOfATrail) {
  std::ifstream file(CAIRN_SOURCE_DIR "/test/fixtures/cloudtrail-setup.yaml");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(refusal_of(text), "Parameters: [LogBacketName, SnsTopicName] must have values");
  const auto program = program_of(text, {{"LogBacketName", "logs"}, {"SnsTopicName", "told"}});
  ASSERT_TRUE(program.has_value()) << program.error().text();
  using Ids = std::vector<std::string>;
  EXPECT_EQ(program->creation_order(), (Ids{"S3ForCloudTrail", "S3BucketPolicyForCloudTrail", "CloudWatchLogsGroupForCloudTrail",
                                            "IAMRoleForCloudTrail", "CloudTrail"}));
  EXPECT_EQ(program->resource("CloudTrail")->depends_on,
            (Ids{"IAMRoleForCloudTrail", "S3ForCloudTrail", "S3BucketPolicyForCloudTrail", "CloudWatchLogsGroupForCloudTrail"}));
  TestSurroundings surroundings;
  const Json trail = program->properties("CloudTrail", surroundings).value();
  EXPECT_EQ(trail["TrailName"], "demo");
  EXPECT_EQ(trail["S3BucketName"], "physical-S3ForCloudTrail");
  EXPECT_EQ(trail["IsLogging"], true);
  EXPECT_EQ(trail["EventSelectors"][0]["DataResources"][1]["Values"][0], "arn:aws:lambda");
  EXPECT_EQ(program->properties("S3ForCloudTrail", surroundings).value()["BucketName"],
            "defaultsecuritysettings-cloudtrail-us-east-1-123456789012");
  const Json policy = program->properties("S3BucketPolicyForCloudTrail", surroundings).value();
  EXPECT_EQ(policy["PolicyDocument"]["Statement"][1]["Resource"][0], "S3ForCloudTrail/Arn/AWSLogs/123456789012/*");
  EXPECT_EQ(policy["PolicyDocument"]["Version"], "2012-10-17");
  EXPECT_EQ(program->resource("S3ForCloudTrail")->deletion_policy, "Retain");
  const auto disabled = program_of(text, {{"LogBacketName", "logs"}, {"SnsTopicName", "told"}, {"AuditOtherRegions", "Disabled"}});
  EXPECT_EQ(disabled->resources().size(), 4u);
}

}  // namespace
}  // namespace cairn::cfn

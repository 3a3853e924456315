#include "template/template.h"

#include <gtest/gtest.h>

#include <fstream>

#include "template/body.h"
#include "template/world_test.h"

namespace cairn::cfn {
namespace {

const std::string kTopic = "Resources: {T: {Type: AWS::SNS::Topic}}\n";

std::string error_of_text(std::string_view text) {
  const auto read = Template::parse(text);
  return read ? "" : read.error().message;
}

/// What CloudFormation answers was recorded from it (tests of emulators that compare themselves with it, threads of its users).
TEST(Template, RefusesInCloudFormationsWords) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"this is invalid JSON"="bobbins"})", "Template format error: JSON not well-formed. (line 1, column 25)"},
      {"a: b: c", "Template format error: YAML not well-formed. (line 1, column 5)"},
      {"a: b\n---\nc: d", "Template format error: YAML not well-formed. (line 2, column 1)"},
      {"Resources:\n  T: !Unknown x", "Template format error: YAML not well-formed. (line 2, column 6)"},
      {"text", "Template format error: unsupported structure."},
      {"[]", "Template format error: unsupported structure."},
      {"{}", "Template format error: At least one Resources member must be defined."},
      {"Resources: {}", "Template format error: At least one Resources member must be defined."},
      {"Resources:\n", "[/Resources] 'null' values are not allowed in templates"},
      {"Resources: {A: {Properties: {}}}", "Template format error: [/Resources/A] Every Resources object must contain a Type member."},
      {"Resources: {A: {Type: X, Invalid: 10}}", "Invalid template resource property 'Invalid'"},
      {"Resources: {A: text}", "Template format error: Any Resources member must be an object."},
      {"Resources: {my-bucket: {Type: AWS::S3::Bucket}}", "Template format error: Resource name my-bucket is non alphanumeric."},
      {kTopic + "Outputs: {MyOutput: {Value: null}}", "[/Outputs/MyOutput/Value] 'null' values are not allowed in templates"},
      {kTopic + "Outputs: {MyOutput: {}}", "Template format error: Every Outputs member must contain a Value object"},
      {kTopic + "Outputs: {a_b: {Value: x}}", "Template format error: Outputs name 'a_b' is non alphanumeric."},
      {kTopic + "Outputs: {A: {Value: x, Export: x}}",
       "Template format error: Output A is malformed. The Name field of every Export member must be specified and consist only of "
       "alphanumeric characters, colons, or hyphens."},
      {kTopic + "Outputs: {A: {Value: !Equals [a, b]}}",
       "Template format error: The Value field of every Outputs member must evaluate to a String."},
      {kTopic + "Mappings: {M: {A: {Suffix: {SuffixValue: a}}}}",
       "Template format error: Every Mappings attribute must be a String or a List."},
      {kTopic + "Parameters: {P: {Type: String}}\nMappings: {M: {A: {Suffix: !Ref P}}}",
       "Template format error: Every Mappings attribute must be a String or a List."},
      {kTopic + "Mappings: {M: {A: suffix-a}}", "Template format error: Every Mappings member A must be a map"},
      {kTopic + "Foo: 1", "Invalid template property or properties [Foo]"},
      {kTopic + "AWSTemplateFormatVersion: 2010-09-10", "Template format error: unsupported value for AWSTemplateFormatVersion."},
      {kTopic + "Description: " + std::string(1025, 'x'), "Template format error: 'Description' length is greater than 1024"},
      {kTopic + "Parameters: {a-b: {Type: String}}", "Template format error: Parameter name a-b is non alphanumeric."},
      {kTopic + "Parameters: {P: {}}", "Template format error: Every Parameters object must contain a Type member."},
      {kTopic + "Parameters: {P: {Type: Strin}}", "Template format error: Unrecognized parameter type: Strin"},
      {kTopic + "Parameters: {P: {Type: String, Foo: 1}}", "Invalid template parameter property 'Foo'"},
      {kTopic + "Parameters: {P: {Type: String, Default: !Sub x}}", "Template format error: Every Default member must be a string."},
      {"Resources: {A: {Type: X, Properties: {P: !Ref Nope}}}",
       "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template"},
      {"Resources: {A: {Type: X, Properties: {P: !Sub '${aws:username}'}}}",
       "Template format error: Unresolved resource dependencies [aws:username] in the Resources block of the template"},
      {"Resources: {A: {Type: X, DependsOn: [Nope, Neither]}}",
       "Template format error: Unresolved resource dependencies [Neither, Nope] in the Resources block of the template"},
      {"Resources: {A: {Type: X, Properties: {P: !GetAtt Nope.Arn}}}",
       "Template error: instance of Fn::GetAtt references undefined resource Nope"},
      {"Resources: {A: {Type: X, Properties: {P: !Sub '${Nope.Arn}'}}}",
       "Template error: instance of Fn::Sub references invalid resource attribute Nope.Arn"},
      {kTopic + "Outputs: {A: {Value: !Ref Nope}}",
       "Template format error: Unresolved resource dependencies [Nope] in the Outputs block of the template"},
      {kTopic + "Conditions: {C: !Equals [!Ref T, x]}",
       "Template format error: Unresolved dependencies [T]. Cannot reference resources in the Conditions block of the template"},
      {kTopic + "Conditions: {C: !Not [!Condition Nope]}",
       "Template format error: Unresolved condition dependency Nope in the Conditions block of the template"},
      {kTopic + "Conditions: {C: 'yes'}",
       "Template format error: Conditions can only be boolean operations on parameters and other conditions"},
      {"Resources: {A: {Type: X, Properties: {P: !If [MissingCondition, a, b]}}}",
       "Template error: unresolved condition dependency MissingCondition in Fn::If"},
      {"Resources: {A: {Type: X, Properties: {P: !FindInMap [Nope, a, b]}}}",
       "Template error: Mapping named 'Nope' is not present in the 'Mappings' section of template."},
      {"Resources: {A: {Type: X, DependsOn: B}, B: {Type: X, Properties: {P: !Ref A}}, C: {Type: X, DependsOn: A}}",
       "Circular dependency between resources: [A, B]"},
      {"Resources: {A: {Type: X, DeletionPolicy: Keep}}", "Template format error: Unrecognized DeletionPolicy Keep for resource A"},
      {"Resources: {A: {Type: X, DeletionPolicy: [Retain]}}", "Template format error: Every DeletionPolicy member must be a string."},
      {"Resources: {A: {Type: X, Properties: {P: {'fn': 1, {a: b}: c}}}}",
       "Template format error: [/Resources/A/Properties/P] map keys must be strings; received a map instead"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(error_of_text(text), message) << text;
}

TEST(Template, RefusesFunctionsWithWrongArguments) {
  const std::string get_att =
      "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute";
  const std::string select = "Template error: Fn::Select requires a list argument with two elements: an integer index and a list";
  const std::string join =
      "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a "
      "function that returns a list of strings (such as Fn::GetAZs) to be joined.";
  const std::string split =
      "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function "
      "that returns a string to be split.";
  const std::string find =
      "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value";
  const std::string sub =
      "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and "
      "an "
      "optional second argument to specify a mapping of values to replace in the string";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"!GetAtt T", get_att},
      {"!GetAtt [T]", get_att},
      {"{'Fn::GetAtt': 'T'}", get_att},
      {"!Select [0]", select},
      {"!Select [0, text]", select},
      {"!Join [',']", join},
      {"!Join [',', text]", join},
      {"!Split [',']", split},
      {"!FindInMap [M, a]", find},
      {"!FindInMap [M, a, !If [C, a, b]]", find},
      {"!Sub [text]", sub},
      {"!Sub {a: b}", sub},
      {"!Sub '${a-b}'",
       "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons"},
      {"!If [C, a]", "Template error: Fn::If requires a list argument with three elements"},
      {"{Ref: [T]}", "Template format error: every Ref object must have a single String value."},
      {"!ImportValue {'Fn::Sub': '${T}-x'}",
       "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs"},
      {"{'Fn::Transform': {Name: 'AWS::Include', Parameters: {Location: s3}}}", "Transform AWS::Include is not supported"},
      {"{'fn::x': 1}", ""},
      {"{'Fn::getatt': [T, Arn]}",
       "Template Error: Encountered unsupported function: Fn::getatt Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, "
       "Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, "
       "Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]"},
  };
  for (const auto& [value, message] : cases)
    EXPECT_EQ(error_of_text("Mappings: {M: {a: {b: c}}}\nConditions: {C: !Equals [a, b]}\nResources:\n  T: {Type: X}\n  A:\n    Type: X\n"
                            "    Properties:\n      P: " +
                            value),
              message)
        << value;
  const std::vector<std::pair<std::string, std::string>> conditions = {
      {"!Equals [a]", "Template error: every Fn::Equals object requires a list of 2 string parameters."},
      {"!And [!Equals [a, a]]", "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters."},
      {"!Or [!Equals [a, a], text]",
       "Template error: every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters."},
      {"!Not [!Equals [a, a], !Equals [a, a]]", "Template error: every Fn::Not object requires one boolean parameter."},
  };
  for (const auto& [value, message] : conditions) EXPECT_EQ(error_of_text(kTopic + "Conditions: {C: " + value + "}"), message) << value;
}

/// Resources, conditions and mappings each have names of their own.
TEST(Template, TellsResourcesFromConditionsAndMappings) {
  EXPECT_EQ(error_of_text("Mappings: {A: {a: {b: c}}}\nConditions: {B: !Equals [a, b]}\nResources:\n"
                          "  A: {Type: X, Properties: {P: !FindInMap [A, a, b], Q: !Ref B}}\n"
                          "  B: {Type: X, Properties: {P: !If [B, a, b], Q: !FindInMap [A, a, b]}}\n"),
            "");
}

TEST(Template, SaysWhere) {
  const auto yaml = Template::parse("Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: !Ref Nope\n");
  ASSERT_FALSE(yaml.has_value());
  EXPECT_EQ(yaml.error().path, "/Resources/Bucket/Properties/BucketName");
  EXPECT_EQ(yaml.error().place.line, 5);
  EXPECT_EQ(yaml.error().text(),
            "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template "
            "(/Resources/Bucket/Properties/BucketName, line 5)");
  const auto json = Template::parse("{\"Resources\": {\n  \"B\": {\"Type\": \"X\",\n    \"Oops\": 1}}}");
  ASSERT_FALSE(json.has_value());
  EXPECT_EQ(json.error().path, "/Resources/B/Oops");
  EXPECT_EQ(json.error().place.line, 3);
}

TEST(Template, IsTheSameInYamlAndJson) {
  const auto yaml = Template::parse(R"(
Resources:
  T:
    Type: AWS::SNS::Topic
    Properties:
      A: !Ref AWS::Region
      B: !GetAtt T.A.B
      C: !GetAtt [T, Arn]
      D: !Join ["", [a, !Sub "${AWS::Region}"]]
      E: !If [C, 1, -2.5]
      F: [yes, No, on, "yes", true]
      G: [012345678901, 0777, 1_000, 1.10, 1e3, 22:22, 2012-10-17, 0]
      H: !Base64
        Fn::Sub: |
          two
          lines
      on: {"5": x}
      I: !GetAZs ""
      J: !Cidr [a, 1, 2]
Conditions: {C: !Not [!Equals [a, b]]}
)");
  ASSERT_FALSE(yaml.has_value());  // T depends on itself
  EXPECT_EQ(yaml.error().message, "Circular dependency between resources: [T]");
  const auto node = read_yaml(
      "A: !GetAtt T.A.B\nF: [yes, No, on, \"yes\", true]\nG: [012345678901, 0777, 1_000, 1.10, 1e3, 22:22, 2012-10-17, 0, -2.5]\n"
      "on: {5: !Condition x}\nI: !GetAZs \"\"\nH: !Base64\n  Fn::Sub: |\n    two\n    lines\n");
  ASSERT_TRUE(node.has_value()) << node.error().message;
  EXPECT_EQ(json::dump(to_json(*node)),
            R"({"A":{"Fn::GetAtt":["T","A.B"]},"F":[true,false,true,"yes",true],)"
            R"("G":["012345678901","0777","1_000","1.10","1e3","22:22","2012-10-17",0,-2.5],"on":{"5":{"Condition":"x"}},)"
            R"("I":{"Fn::GetAZs":""},"H":{"Fn::Base64":{"Fn::Sub":"two\nlines\n"}}})");
  const auto json = read_json(json::dump(to_json(*node)));
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(to_json(*json), to_json(*node));
}

/// CloudFormation takes the last of two members of one name, in YAML as in JSON.
TEST(Template, TakesTheLastOfRepeatedMembers) {
  for (const char* text : {"a: 1\nb: 2\na: 3\n", R"({"a": 1, "b": 2, "a": 3})"}) {
    const auto node = text[0] == '{' ? read_json(text) : read_yaml(text);
    ASSERT_TRUE(node.has_value());
    EXPECT_EQ(json::dump(to_json(*node)), R"({"a":3,"b":2})");
  }
}

TEST(Template, RefusesAliasesAndWhatIsTooLarge) {
  EXPECT_EQ(error_of_text("a: &x [1]\nb: *x\n"), "Template error: YAML aliases are not allowed in CloudFormation templates");
  EXPECT_EQ(error_of_text(std::string(1'048'577, ' ')), "Template may not exceed 1048576 bytes in size.");
  EXPECT_EQ(error_of_text("a: " + std::string(100, '[') + std::string(100, ']')).substr(0, 50),
            "Template format error: values are nested more than");
  EXPECT_NE(error_of_text(std::string(500'000, '[')), "");
  EXPECT_EQ(error_of_text("{\"a\":" + std::string(500'000, '[')).substr(0, 50), "Template format error: values are nested more than");
  std::string many = "{\"a\":[0";
  for (size_t i = 0; i < kNodesMax; ++i) many += ",0";
  EXPECT_EQ(error_of_text(many + "]}"), "Template format error: the template has too many values");
  std::string resources = "Resources:\n";
  for (int i = 0; i < 501; ++i) resources += fmt::format("  R{}: {{Type: X}}\n", i);
  EXPECT_EQ(error_of_text(resources), "Template format error: Number of resources, 501, is greater than maximum allowed, 500");
}

/// Whatever a megabyte holds, reading it ends, with words that can be shown.
TEST(Template, EndsOnAMegabyteOfAnything) {
  const auto times = [](size_t count, std::string_view text) {
    std::string all;
    for (size_t i = 0; i < count; ++i) all += text;
    return all;
  };
  std::string cycle = "Resources:\n", names = "Resources:\n  A:\n    Type: X\n    Properties: {";
  for (int i = 0; i < 500; ++i) cycle += fmt::format("  R{}: {{Type: X, DependsOn: R{}}}\n", i, (i + 1) % 500);
  for (int i = 0; i < 60'000; ++i) names += fmt::format("N{}: !Ref U{}, ", i, i);
  const std::string longest(1'000'000, 'n');
  for (const std::string& text :
       {times(500'000, "? "), times(500'000, "- "), times(200'000, "a: {"), times(100'000, "&a x, "), times(1'000'000, "\""),
        times(90'000, "!Ref "), times(1'000'000, ":"), times(250'000, "---\n"), times(500'000, "a\n"), times(160'000, "{\"a\":"),
        longest + ": {}", "Resources: {" + longest + ": {Type: X}}", cycle, names + "}"}) {
    const auto read = Template::parse(text);
    ASSERT_FALSE(read.has_value());
    EXPECT_FALSE(read.error().message.empty());
    EXPECT_LT(read.error().text().size(), 6000u);
  }
}

TEST(Template, TellsWhatAFormNeeds) {
  const auto read = Template::parse(kTopic + R"(
Description: A form
Metadata:
  AWS::CloudFormation::Interface:
    ParameterGroups:
      - Label: {default: Network}
        Parameters: [Vpc, Unknown]
    ParameterLabels:
      Vpc: {default: "Which VPC?"}
Parameters:
  Name: {Type: String, Default: 5, Description: The name, AllowedPattern: "[0-9]+", MinLength: 1, MaxLength: 10}
  Vpc: {Type: "AWS::EC2::VPC::Id", NoEcho: true}
  Ports: {Type: List<Number>, AllowedValues: [80, "443"], ConstraintDescription: a port, MinValue: 1}
)");
  ASSERT_TRUE(read.has_value()) << read.error().text();
  EXPECT_EQ(read->description(), "A form");
  ASSERT_EQ(read->parameters().size(), 3u);
  const Parameter &name = read->parameters()[0], &vpc = read->parameters()[1], &ports = read->parameters()[2];
  EXPECT_EQ(name.default_value, "5");
  EXPECT_EQ(name.min_length, 1);
  EXPECT_TRUE(vpc.no_echo && !vpc.default_value && !vpc.is_list());
  EXPECT_TRUE(ports.is_list());
  EXPECT_EQ(ports.allowed_values, (std::vector<std::string>{"80", "443"}));
  const auto groups = read->parameter_groups();
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].label, "Network");
  EXPECT_EQ(groups[0].parameters, std::vector<std::string>{"Vpc"});
  EXPECT_EQ(groups[1].parameters, (std::vector<std::string>{"Name", "Ports"}));
  EXPECT_EQ(read->parameter_label("Vpc"), "Which VPC?");
  EXPECT_EQ(read->parameter_label("Name"), "");
}

}  // namespace
}  // namespace cairn::cfn

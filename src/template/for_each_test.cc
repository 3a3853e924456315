#include <gtest/gtest.h>

#include "template/world_test.h"

namespace cairn::cfn {
namespace {

Json processed(const std::string& text, const std::map<std::string, std::string>& parameters = {}) {
  const auto program = program_of("Transform: AWS::LanguageExtensions\n" + text, parameters);
  return program ? program->processed() : Json(program.error().message);
}

/// AWS's example: topics by a list that is a parameter.
TEST(ForEach, RepeatsResources) {
  const Json written = processed(R"(
Parameters: {pRepoARNs: {Type: CommaDelimitedList}}
Resources:
  'Fn::ForEach::Topics':
    - TopicName
    - !Ref pRepoARNs
    - 'SnsTopic${TopicName}':
        Type: 'AWS::SNS::Topic'
        Properties:
          TopicName: {'Fn::Join': ['.', [!Ref TopicName, fifo]]}
          FifoTopic: true
)",
                                 {{"pRepoARNs", "Success,Failure"}});
  EXPECT_EQ(written["Resources"], Json::parse(R"({
    "SnsTopicSuccess": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Join": [".", ["Success", "fifo"]]}, "FifoTopic": true}},
    "SnsTopicFailure": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Join": [".", ["Failure", "fifo"]]}, "FifoTopic": true}}})"));
  EXPECT_FALSE(written.contains("Transform"));
}

TEST(ForEach, NestsAndStandsInAllSections) {
  const Json written = processed(R"(
Mappings: {Instances: {Shared: {Names: [Foo, Bar]}}}
Conditions:
  Fn::ForEach::C: [Name, [A, B], {"Is${Name}": !Equals ["${Name}", A]}]
Resources:
  'Fn::ForEach::TopLevel':
    - Prefix
    - !FindInMap [Instances, Shared, Names]
    - 'My${Prefix}Parameter': {Type: X, Condition: IsA}
      'Fn::ForEach::LowerLevel':
        - Suffix
        - [A, !Ref Prefix]
        - 'My${Prefix}Parameter${Suffix}':
            Type: X
            Properties:
              Value: !Sub "${Prefix} ${Suffix} ${AWS::Region}"
              Fn::ForEach::Tags: [Key, ["x y", z], {"&{Key}": "${Key}"}]
Outputs:
  Fn::ForEach::O: [Name, [A], {"Out${Name}": {Value: !GetAtt ["MyFooParameter${Name}", Arn]}}]
)");
  EXPECT_EQ(written["Conditions"], Json::parse(R"({"IsA": {"Fn::Equals": ["A", "A"]}, "IsB": {"Fn::Equals": ["B", "A"]}})"));
  EXPECT_EQ(written["Resources"]["MyBarParameterBar"]["Properties"],
            Json::parse(R"({"Value": {"Fn::Sub": "Bar Bar ${AWS::Region}"}, "xy": "x y", "z": "z"})"));
  EXPECT_EQ(written["Resources"].size(), 6u);
  EXPECT_EQ(written["Outputs"], Json::parse(R"({"OutA": {"Value": {"Fn::GetAtt": ["MyFooParameterA", "Arn"]}}})"));
}

/// As in AWS's samples: outputs of all pairs.
TEST(ForEach, NamesOfResourcesMayBeComputed) {
  const Json written = processed(R"(
Resources:
  BucketA: {Type: X}
Outputs:
  Fn::ForEach::B:
    - Id
    - [A]
    - Fn::ForEach::P:
        - Property
        - [Arn, Name]
        - "Bucket${Id}${Property}": {Value: !GetAtt [!Sub "Bucket${Id}", !Ref Property]}
          "Ref${Id}${Property}": {Value: {Ref: !Join ["", [Bucket, !Ref Id]]}}
)");
  EXPECT_EQ(written["Outputs"]["BucketAName"], Json::parse(R"({"Value": {"Fn::GetAtt": ["BucketA", "Name"]}})"));
  EXPECT_EQ(written["Outputs"]["RefAArn"], Json::parse(R"({"Value": {"Ref": "BucketA"}})"));
}

TEST(ForEach, RefusesWhatCannotBeWrittenOut) {
  const std::string failed = "Transform AWS::LanguageExtensions failed with: ";
  EXPECT_EQ(processed("Resources: {'Fn::ForEach::X': [Name, [a, b], {Same: {Type: X}}]}"),
            failed + "Duplicate key 'Same' when merging keys to parent object in Fn::ForEach");
  EXPECT_EQ(processed("Resources: {'Fn::ForEach::X': [Name, [a, b]]}"), failed + "Fn::ForEach layout is incorrect");
  EXPECT_EQ(processed("Resources: {'Fn::ForEach::X': [Name, text, {'R${Name}': {Type: X}}]}"),
            failed + "Fn::ForEach could not be resolved: its collection is no list");
  std::string values;
  for (int i = 0; i < 1000; ++i) values += fmt::format("{}v{}", i > 0 ? "," : "", i);
  const std::string bomb = "Resources: {'Fn::ForEach::X': [A, [" + values + "], {'Fn::ForEach::Y': [B, [" + values +
                           "], {'R${A}${B}': {Type: X, Properties: {P: [1, 2, 3, 4]}}}]}]}";
  EXPECT_EQ(processed(bomb), failed + "the template becomes larger than 200000 values or 1048576 bytes");
}

}  // namespace
}  // namespace cairn::cfn

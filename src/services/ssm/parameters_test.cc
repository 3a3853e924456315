// SSM's parameters: names, limits, versions, pages, filters. Expected values: SSM's API reference and user guide, and answers recorded on
// AWS.
#include <gtest/gtest.h>

#include "services/harness.h"

namespace cairn::ssm {
namespace {

using services::Answer;

struct Parameters : testing::Test {
  services::Harness ssm{"ssm"};

  Answer put(const std::string& name, const std::string& value, Json more = Json::object()) {
    more["Name"] = name;
    more["Value"] = value;
    if (!more.contains("Type")) more["Type"] = "String";
    return ssm.call("PutParameter", more);
  }
  Answer overwrite(const std::string& name, const std::string& value, Json more = Json::object()) {
    more["Overwrite"] = true;
    return put(name, value, std::move(more));
  }
  std::string value(const std::string& name) {
    const Answer answer = ssm.call("GetParameter", {{"Name", name}});
    return answer.ok() ? answer.out["Parameter"].value("Value", "(none)") : answer.code;
  }
  std::string refusal(const std::string& name) {
    const Answer answer = put(name, "v");
    return answer.ok() ? "" : answer.code + ": " + answer.message;
  }
  std::string names(const std::string& operation, const Json& in) {
    std::string all;
    const Answer answer = ssm.call(operation, in);
    if (!answer.ok()) return answer.code + ": " + answer.message;
    for (const Json& one : answer.out["Parameters"]) all += one["Name"].get<std::string>() + " ";
    return all + (answer.out.contains("NextToken") ? "..." : "");
  }
};

TEST_F(Parameters, NamesAreAsAwsTakesThem) {
  EXPECT_EQ(refusal("MyParameter1"), "");
  EXPECT_EQ(refusal("/MyParameter2"), "");
  EXPECT_EQ(refusal("/Dev/Production/East/Project-ABC/My_Parameter.3"), "");
  EXPECT_EQ(refusal("/L1/L2/L3/L4/L5/L6/L7/L8/L9/L10/L11/L12/L13/L14/parameter-name"), "");
  EXPECT_EQ(refusal("/L1/L2/L3/L4/L5/L6/L7/L8/L9/L10/L11/L12/L13/L14/L15/L16/parameter-name"),
            "HierarchyLevelLimitExceededException: A hierarchy can have a maximum of 15 levels.");
  EXPECT_EQ(refusal("MyParameter3/L1"), "ValidationException: Parameter name must be a fully qualified name.");
  EXPECT_EQ(refusal("/slash/at/end/"), "ValidationException: Parameter name must not end with slash.");
  const std::string reserved = "ValidationException: Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).";
  for (const char* name : {"awsTestParameter", "AWS_TEST", "ssm_test", "/SSM-testparameter", "/awsTestParam1"})
    EXPECT_EQ(refusal(name), reserved) << name;
  EXPECT_EQ(refusal("/aws_test/path/to/var"), "AccessDenied: No access to reserved parameter name: /aws_test/path/to/var.");
  const std::string unsound =
      "ValidationException: Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of "
      "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_";
  for (const char* name : {"/ssm_test/path/to/var", "with space", "/a//b", "/a/b:1", "ü"}) EXPECT_EQ(refusal(name), unsound) << name;
  const std::string arn = "arn:aws:ssm:us-east-1:111122223333:parameter/";
  EXPECT_EQ(refusal(std::string(1011 - arn.size(), 'n')), "");
  EXPECT_EQ(refusal(std::string(1012 - arn.size(), 'n')).substr(0, 19), "ValidationException");
}

TEST_F(Parameters, AValueIsOverwrittenOnlyWhenAskedTo) {
  EXPECT_EQ(put("p", "one", {{"Description", "d"}, {"Tags", {{{"Key", "k"}, {"Value", "t"}}}}}).out,
            (Json{{"Version", 1}, {"Tier", "Standard"}}));
  const Answer again = put("p", "two");
  EXPECT_EQ(again.code, "ParameterAlreadyExists");
  EXPECT_EQ(again.message, "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.");
  EXPECT_EQ(overwrite("p", "two").out["Version"], 2);
  EXPECT_EQ(value("p"), "two");
  EXPECT_EQ(value("p:1"), "one");
  const Answer absent = ssm.call("GetParameter", {{"Name", "p:3"}});
  EXPECT_EQ(absent.code, "ParameterVersionNotFound");
  EXPECT_EQ(absent.message, "Systems Manager could not find version 3 of p. Verify the version and try again.");
  EXPECT_EQ(ssm.call("DescribeParameters").out["Parameters"][0]["Description"], "d");
  EXPECT_EQ(overwrite("p", "three", {{"Tags", {{{"Key", "k"}, {"Value", "t"}}}}}).code, "ValidationException");
  EXPECT_EQ(ssm.call("PutParameter", {{"Name", "q"}, {"Value", "v"}}).message, "A parameter type is required when you create a parameter.");
  EXPECT_EQ(ssm.call("GetParameter", {{"Name", "none"}}).code, "ParameterNotFound");
  EXPECT_EQ(ssm.call("GetParameter", {{"Name", "none"}}).message, "");
}

TEST_F(Parameters, AnArnNamesAParameterToo) {
  put("/a/b", "path");
  put("plain", "bare");
  EXPECT_EQ(value("arn:aws:ssm:us-east-1:111122223333:parameter/a/b"), "path");
  EXPECT_EQ(value("arn:aws:ssm:us-east-1:111122223333:parameter/plain"), "bare");
  EXPECT_EQ(value("arn:aws:ssm:us-east-1:111122223333:parameter/plain:1"), "bare");
  EXPECT_EQ(value("arn:aws:ssm:us-east-1:111122223333:document/plain"), "ParameterNotFound");
  EXPECT_EQ(value("plain:1:2"), "ParameterNotFound");
}

TEST_F(Parameters, ValuesHaveTheLimitOfTheirTier) {
  EXPECT_EQ(put("small", std::string(4096, 'x')).out["Tier"], "Standard");
  EXPECT_EQ(put("large", std::string(4097, 'x')).message.substr(0, 79),
            "Standard tier parameters support a maximum parameter value of 4096 characters. ");
  EXPECT_EQ(put("large", std::string(8192, 'x'), {{"Tier", "Advanced"}}).out["Tier"], "Advanced");
  EXPECT_EQ(put("larger", std::string(8193, 'x'), {{"Tier", "Advanced"}}).code, "ValidationException");
  EXPECT_EQ(put("clever", std::string(4097, 'x'), {{"Tier", "Intelligent-Tiering"}}).out["Tier"], "Advanced");
  EXPECT_EQ(overwrite("clever", "x", {{"Tier", "Standard"}}).code, "ValidationException");
  EXPECT_EQ(overwrite("clever", "x").out["Tier"], "Advanced");
  EXPECT_EQ(put("empty", "").message,
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal "
            "to 1.");
}

TEST_F(Parameters, AnAllowedPatternStaysAndMustMatchTheWhole) {
  EXPECT_EQ(put("n", "100", {{"AllowedPattern", "\\d{1,4}"}}).code, "");
  const Answer wrong = overwrite("n", "abcd");
  EXPECT_EQ(wrong.code, "ParameterPatternMismatchException");
  EXPECT_EQ(wrong.message, "Parameter value, cannot be validated against allowedPattern: \\d{1,4}");
  EXPECT_EQ(overwrite("n", "12345").code, "ParameterPatternMismatchException");
  EXPECT_EQ(overwrite("n", "abcd", {{"AllowedPattern", ""}}).code, "");
  EXPECT_EQ(put("m", "v", {{"AllowedPattern", "("}}).code, "InvalidAllowedPatternException");
}

TEST_F(Parameters, WhatCannotBeHonouredIsNamed) {
  EXPECT_EQ(put("p", "v", {{"Policies", "[]"}}).code, "NotImplemented");
  EXPECT_EQ(put("p", "v", {{"DataType", "aws:ec2:image"}}).code, "NotImplemented");
  EXPECT_EQ(put("p", "v", {{"DataType", "not_text"}}).message,
            "The following data type is not supported: not_text (Data type names are all lowercase.)");
  EXPECT_EQ(ssm.document("ssm/parameter/111122223333/us-east-1/p"), std::nullopt);
}

TEST_F(Parameters, AHundredVersionsAreKept) {
  put("p", "v1");
  for (int i = 2; i <= 103; ++i) ASSERT_TRUE(overwrite("p", "v" + std::to_string(i)).ok());
  EXPECT_EQ(value("p:3"), "ParameterVersionNotFound");
  EXPECT_EQ(value("p:4"), "v4");
  EXPECT_EQ(value("p:103"), "v103");
  size_t versions = 0;
  std::string token;
  int64_t last = 3;
  do {
    Json in{{"Name", "p"}, {"MaxResults", 30}};
    if (!token.empty()) in["NextToken"] = token;
    const Answer page = ssm.call("GetParameterHistory", in);
    ASSERT_TRUE(page.ok()) << page.message;
    for (const Json& one : page.out["Parameters"]) {
      EXPECT_EQ(one["Version"], ++last);
      ++versions;
    }
    token = page.out.value("NextToken", "");
  } while (!token.empty());
  EXPECT_EQ(versions, 100u);
  EXPECT_TRUE(ssm.call("DeleteParameter", {{"Name", "p"}}).ok());
  EXPECT_EQ(ssm.documents("ssm/"), 0u);
}

TEST_F(Parameters, HierarchiesAreReadByPath) {
  for (const char* name : {"/foo/name1", "/foo/name2", "/bar/name3", "/bar/name3/name4", "foo", "/foobar"}) put(name, "v");
  EXPECT_EQ(names("GetParametersByPath", {{"Path", "/"}}), "/foobar foo ");
  EXPECT_EQ(names("GetParametersByPath", {{"Path", "/foo"}}), "/foo/name1 /foo/name2 ");
  EXPECT_EQ(names("GetParametersByPath", {{"Path", "/foo/"}}), "/foo/name1 /foo/name2 ");
  EXPECT_EQ(names("GetParametersByPath", {{"Path", "/bar"}}), "/bar/name3 ");
  EXPECT_EQ(names("GetParametersByPath", {{"Path", "/bar"}, {"Recursive", true}}), "/bar/name3 /bar/name3/name4 ");
  EXPECT_EQ(names("GetParametersByPath", {{"Path", "/fo"}, {"Recursive", true}}), "");
  EXPECT_EQ(names("GetParametersByPath", {{"Path", "foo"}}).substr(0, 19), "ValidationException");
  const Answer first = ssm.call("GetParametersByPath", {{"Path", "/"}, {"Recursive", true}, {"MaxResults", 4}});
  EXPECT_EQ(first.out["Parameters"].size(), 4u);
  EXPECT_EQ(names("GetParametersByPath", {{"Path", "/"}, {"Recursive", true}, {"NextToken", first.out["NextToken"]}}), "/foobar foo ");
  EXPECT_EQ(names("GetParametersByPath", {{"Path", "/"}, {"NextToken", "!"}}), "InvalidNextToken: The specified token isn't valid.");
}

TEST_F(Parameters, AreFiltered) {
  put("/foo/a", "v", {{"Tags", {{{"Key", "x"}, {"Value", "b"}}}}});
  put("/foo/list", "v,w", {{"Type", "StringList"}});
  put("standby", "v");
  const auto filtered = [&](Json filter) { return names("DescribeParameters", {{"ParameterFilters", Json::array({std::move(filter)})}}); };
  EXPECT_EQ(filtered({{"Key", "Name"}, {"Values", {"/standby"}}}), "standby ");
  EXPECT_EQ(filtered({{"Key", "Name"}, {"Option", "BeginsWith"}, {"Values", {"/foo/"}}}), "/foo/a /foo/list ");
  EXPECT_EQ(filtered({{"Key", "Name"}, {"Option", "Contains"}, {"Values", {"/l"}}}), "/foo/list ");
  EXPECT_EQ(filtered({{"Key", "Path"}, {"Values", {"/", "/foo"}}}), "/foo/a /foo/list standby ");
  EXPECT_EQ(filtered({{"Key", "Type"}, {"Values", {"StringList"}}}), "/foo/list ");
  EXPECT_EQ(filtered({{"Key", "tag:x"}}), "/foo/a ");
  EXPECT_EQ(filtered({{"Key", "tag:x"}, {"Values", {"c"}}}), "");
  EXPECT_EQ(filtered({{"Key", "Name"}}), "InvalidFilterValue: The following filter values are missing : null for filter key Name");
  EXPECT_EQ(filtered({{"Key", "Path"}, {"Option", "Equals"}, {"Values", {"/x"}}}),
            "InvalidFilterOption: The following filter option is not valid: Equals. Valid options include: [Recursive, OneLevel].");
  EXPECT_EQ(filtered({{"Key", "Type"}, {"Values", {"test"}}}),
            "InvalidFilterValue: The following filter value is not valid: test. Valid values include: [String, StringList, SecureString].");
  EXPECT_EQ(names("GetParametersByPath", {{"Path", "/foo"}, {"ParameterFilters", {{{"Key", "Name"}, {"Values", {"x"}}}}}}),
            "InvalidFilterKey: The following filter key is not valid: Name. Valid filter keys include: [Type, KeyId].");
}

TEST_F(Parameters, SeveralAreReadAndDeletedAtOnce) {
  put("a", "1");
  put("b", "2");
  const Answer read = ssm.call("GetParameters", {{"Names", {"b", "none", "a:1", "a:7"}}});
  EXPECT_EQ(read.out["Parameters"].size(), 2u);
  EXPECT_EQ(read.out["InvalidParameters"], (Json{"none", "a:7"}));
  ASSERT_EQ(read.resources.size(), 2u);
  EXPECT_EQ(read.resources[0].arn, "arn:aws:ssm:us-east-1:111122223333:parameter/b");
  EXPECT_EQ(ssm.call("DeleteParameters", {{"Names", {"a", "none"}}}).out,
            (Json{{"DeletedParameters", {"a"}}, {"InvalidParameters", {"none"}}}));
  EXPECT_EQ(value("a"), "ParameterNotFound");
}

TEST_F(Parameters, HaveTags) {
  put("p", "v");
  const Json id{{"ResourceType", "Parameter"}, {"ResourceId", "p"}};
  Json tag = id;
  for (int i = 0; i < 50; ++i) tag["Tags"].push_back({{"Key", "k" + std::to_string(i)}, {"Value", "v"}});
  EXPECT_TRUE(ssm.call("AddTagsToResource", tag).ok());
  tag["Tags"] = {{{"Key", "more"}, {"Value", "v"}}};
  EXPECT_EQ(ssm.call("AddTagsToResource", tag).code, "TooManyTagsError");
  Json gone = id;
  gone["TagKeys"] = {"k1", "k2"};
  EXPECT_TRUE(ssm.call("RemoveTagsFromResource", gone).ok());
  EXPECT_EQ(ssm.call("ListTagsForResource", id).out["TagList"].size(), 48u);
  EXPECT_EQ(ssm.call("ListTagsForResource", {{"ResourceType", "Parameter"}, {"ResourceId", "q"}}).code, "InvalidResourceId");
  EXPECT_EQ(ssm.call("ListTagsForResource", {{"ResourceType", "Document"}, {"ResourceId", "p"}}).code, "NotImplemented");
}

TEST_F(Parameters, AreForThoseWhoMay) {
  put("p", "v");
  ssm.be_user("111122223333", "alice");
  const Answer denied = ssm.call("GetParameter", {{"Name", "p"}});
  EXPECT_EQ(denied.code, "AccessDenied");
  EXPECT_EQ(denied.message,
            "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: ssm:GetParameter on resource: "
            "arn:aws:ssm:us-east-1:111122223333:parameter/p because no identity-based policy allows the ssm:GetParameter action");
  EXPECT_EQ(ssm.call("GetParameter", {{"Name", "none"}}).code, "AccessDenied");
  ssm.be_administrator("444455556666");
  EXPECT_EQ(value("arn:aws:ssm:us-east-1:111122223333:parameter/p"), "AccessDenied");
  EXPECT_EQ(value("p"), "ParameterNotFound");
}

}  // namespace
}  // namespace cairn::ssm

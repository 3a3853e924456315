#include <gtest/gtest.h>

#include "template/pattern.h"
#include "template/template.h"

namespace cairn::cfn {
namespace {

using Given = std::map<std::string, std::string>;

Outcome<ParameterValues> bound(const std::string& declarations, const Given& given) {
  const auto read = Template::parse("Resources: {T: {Type: AWS::SNS::Topic}}\nParameters:\n" + declarations);
  if (!read) return tl::unexpected(read.error());
  return bind_parameters(*read, given, [](const std::string& name) -> std::optional<std::string> {
    if (name == "/absent") return std::nullopt;
    return "stored, value";
  });
}

TEST(BindParameters, RefusesInCloudFormationsWords) {
  struct Case {
    std::string declarations;
    Given given;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"  P: {Type: String}", {}, "Parameters: [P] must have values"},
      {"  P: {Type: String}", {{"P", "x"}, {"Q", "x"}, {"R", "x"}}, "Parameters: [Q, R] do not exist in the template"},
      {"  P: {Type: String, AllowedValues: [a, b]}", {{"P", "c"}}, "Parameter 'P' must be one of AllowedValues"},
      {"  P: {Type: String, AllowedPattern: '[a-z]+'}", {{"P", "a1"}}, "Parameter 'P' must match pattern [a-z]+"},
      {"  P: {Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: must be letters.}",
       {{"P", "1"}},
       "Parameter P failed to satisfy constraint: must be letters."},
      {"  P: {Type: String, MinLength: 8}", {{"P", "short"}}, "Parameter 'P' must contain at least 8 characters"},
      {"  P: {Type: String, MaxLength: 3}", {{"P", "long"}}, "Parameter 'P' must contain at most 3 characters"},
      {"  Value: {Type: Number}", {{"Value", "NaN or so"}}, "Parameter 'Value' must be a number."},
      {"  Z: {Type: Number, MaxValue: 3}", {{"Z", "4"}}, "Parameter 'Z' must be a number not greater than 3"},
      {"  Z: {Type: Number, MinValue: 2.5}", {{"Z", "2"}}, "Parameter 'Z' must be a number not less than 2.5"},
      {"  Value: {Type: Number, MinValue: 1, MaxValue: 2}", {{"Value", "nan"}}, "Parameter 'Value' must be a number."},
      {"  Value: {Type: Number}", {{"Value", "-inf"}}, "Parameter 'Value' must be a number."},
      {"  Value: {Type: Number}", {{"Value", "+-5"}}, "Parameter 'Value' must be a number."},
      {"  Value: {Type: Number}", {{"Value", ""}}, "Parameter 'Value' must be a number."},
      {"  Value: {Type: Number, MinValue: nan}", {{"Value", "1"}}, "Template format error: Every MinValue member must be a number."},
      {"  Z: {Type: Number, MinValue: -1.5}", {{"Z", "-2"}}, "Parameter 'Z' must be a number not less than -1.5"},
      {"  Z: {Type: List<Number>}", {{"Z", "1, x"}}, "Parameter 'Z' must be a number."},
      {"  L: {Type: CommaDelimitedList, AllowedValues: [a]}", {{"L", "a, b"}}, "Parameter 'L' must be one of AllowedValues"},
      {"  S: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /absent}",
       {},
       "Unable to fetch parameters [/absent] from parameter store for this account."},
  };
  for (const Case& row : cases) {
    const auto values = bound(row.declarations, row.given);
    ASSERT_FALSE(values.has_value()) << row.message;
    EXPECT_EQ(values.error().message, row.message);
  }
}

TEST(BindParameters, TakesDefaultsAndStoredValues) {
  const auto values = bound(
      "  P: {Type: String, Default: 5}\n  Q: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /a}\n"
      "  N: {Type: Number, MinValue: 1}\n  K: {Type: 'AWS::EC2::KeyPair::KeyName'}",
      {{"N", "1000.0"}, {"K", "any"}});
  ASSERT_TRUE(values.has_value()) << values.error().message;
  EXPECT_EQ(values->at("P").given, "5");
  EXPECT_TRUE(values->at("P").is_default);
  EXPECT_EQ(values->at("Q").given, "/a");
  EXPECT_EQ(values->at("Q").resolved, "stored, value");
  EXPECT_EQ(values->at("N").resolved, "1000.0");
  EXPECT_FALSE(values->at("N").is_default);
}

/// A list's elements share the time of one value.
TEST(BindParameters, MatchesListsInTime) {
  const std::string declaration = "  L: {Type: CommaDelimitedList, AllowedPattern: '(a+)+b|a*'}";
  const std::string element(17, 'a');
  std::string list = element;
  EXPECT_TRUE(bound(declaration, {{"L", list}}).has_value());
  for (int i = 0; i < 200; ++i) list += "," + element;
  const auto values = bound(declaration, {{"L", list}});
  ASSERT_FALSE(values.has_value());
  EXPECT_EQ(values.error().message, "Parameter 'L' has an AllowedPattern that takes too long to match");
  std::string many = "a-1";
  for (int i = 0; i < 1000; ++i) many += ",a-1";
  EXPECT_TRUE(bound("  L: {Type: CommaDelimitedList, AllowedPattern: '^(?=.*[a-z])[a-z0-9-]{1,63}$'}", {{"L", many}}).has_value());
}

/// What public templates ask of a bucket's name, and of a password.
constexpr const char* kBucketName =
    "^$|(?=^.{3,63}$)(?!.*[.-]{2})(?!.*[--]{2})(?!^(?:(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\\.(?!$)|$)){4}$)"
    "(^(([a-z0-9]|[a-z0-9][a-z0-9\\-]*[a-z0-9])\\.)*([a-z0-9]|[a-z0-9][a-z0-9\\-]*[a-z0-9])$)";
constexpr const char* kOlderBucketName =
    "^([a-z]|(\\d(?!\\d{0,2}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3})))([a-z\\d]|(\\.(?!(\\.|-)))|(-(?!\\.))){1,61}[a-z\\d\\.]$";
constexpr const char* kPassword =
    "(?=^.{6,255}$)((?=.*\\d)(?=.*[A-Z])(?=.*[a-z])|(?=.*\\d)(?=.*[^A-Za-z0-9])(?=.*[a-z])|(?=.*[^A-Za-z0-9])(?=.*[A-Z])(?=.*[a-z])|"
    "(?=.*\\d)(?=.*[A-Z])(?=.*[^A-Za-z0-9]))^.*";

TEST(Pattern, EndsInTime) {
  const auto pattern = Pattern::compile("(?=a)(a+)+[bc]");
  ASSERT_TRUE(pattern.has_value());
  EXPECT_EQ(pattern->matches(std::string(40, 'a')), std::nullopt);
  EXPECT_EQ(pattern->matches(std::string(40, 'a') + "b"), true);
}

TEST(Pattern, IsJavas) {
  struct Case {
    const char *pattern, *value;
    bool matches;
  };
  for (const Case& row : {
           Case{".+", "x", true},
           Case{".+", "", false},
           Case{"[a-z]+", "abc1", false},
           Case{"^(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9]{3,}$", "aA1", true},
           Case{"^(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9]{3,}$", "aaa", false},
           Case{"^(?!aws)[a-z]+$", "awsome", false},
           Case{"^(?!aws)[a-z]+$", "some", true},
           Case{"^$|^(?!d-)([\\da-zA-Z]+)([-]*[\\da-zA-Z])*$", "corp-x", true},
           Case{"^$|^(?!d-)([\\da-zA-Z]+)([-]*[\\da-zA-Z])*$", "d-906", false},
           Case{"^$|^(?!d-)([\\da-zA-Z]+)([-]*[\\da-zA-Z])*$", "", true},
           Case{kBucketName, "my-bucket.logs", true},
           Case{kBucketName, "192.168.0.1", false},
           Case{kBucketName, "my..bucket", false},
           Case{kBucketName, "My-bucket", false},
           Case{kPassword, "Passw0rd", true},
           Case{kPassword, "password", false},
           Case{kOlderBucketName, "my-company", true},
           Case{kOlderBucketName, "my.-company", false},
           Case{kOlderBucketName, "10.1.2.3", false},
           Case{"(a|b)\\1", "aa", true},
           Case{"(a|b)\\1", "ab", false},
           Case{"(?<=x|)a+?b{2,3}+c*(?<!cc)", "aabbbc", true},
           Case{"(?<=x|)a+?b{2,3}+c*(?<!cc)", "aabbbcc", false},
           Case{"(?=a)[^]b-d]\\.\\b\\x41\\u0042", "a.AB", true},
           Case{"(?i)[a-z]+(?<name>x)\\k<name>\\p{L}\\Q.\\E", "Axx\xC3\xBC.", true},
           Case{"(?=(?:t|\xC3\xBC)+$).{2}", "t\xC3\xBC", true},
           Case{"[\\u0020-\\u007E]*", "plain text", true},
           Case{"[\\u0020-\\u007E]*", "t\xC3\xBCr", false},
           Case{"[\\x20-\\x7E]*", "~", true},
           Case{"arn:aws[a-z-]*:iam::\\d{12}:role\\/?[a-zA-Z_0-9+=,.@\\-_/]+", "arn:aws:iam::123456789012:role/x", true},
       }) {
    const auto pattern = Pattern::compile(row.pattern);
    ASSERT_TRUE(pattern.has_value()) << row.pattern << pattern.error().message;
    EXPECT_EQ(pattern->matches(row.value), row.matches) << row.pattern << " " << row.value;
  }
  for (const char* pattern : {"[", "(?=x", "(?=x)\\2", "(?=x)a{3,2}", "(?=x))", "(?=x)\\", "(?=x)[b-a]", "(?=x)+*", "\\C"})
    EXPECT_FALSE(Pattern::compile(pattern).has_value()) << pattern;
}

}  // namespace
}  // namespace cairn::cfn

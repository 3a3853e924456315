#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "event/golden_case.h"

namespace cairn::event::testing {
namespace {

/// Where our record differs on purpose from the carried one; docs/differences.md, "Records", says the same.
struct Difference {
  size_t line;
  std::string_view member, why;
};
constexpr auto kDifferences = std::to_array<Difference>({
    {78, "resources", "the guide's sample leaves out `type`"},
    {86, "resources", "the guide's sample leaves out `type`"},
    {87, "resources", "the guide's sample leaves out `type`"},
    {89, "requestParameters", "null because the key was refused before the call's parameters were read: for KMS's handler to say"},
    {167, "requestParameters", "of 2018: no Host in data events then"},
    {167, "additionalEventData", "of 2018: only x-amz-id-2 then"},
    {168, "resources", "the carried copy has none; 20,422 delivered records have them"},
});

bool differs_on_purpose(size_t line, std::string_view member) {
  for (const Difference& one : kDifferences) {
    if (one.line == line && one.member == member) return true;
  }
  return false;
}

/// Dates in one form: the carried ones are of several ages.
void even_dates(Json& value) {
  if (auto* words = value.get_ptr<std::string*>()) {
    if (const auto time = parse_java_medium(*words)) *words = timestamps::java_medium(*time);
  } else if (value.is_structured()) {
    for (Json& one : value) even_dates(one);
  }
}

std::string without_order(const Json& value) { return nlohmann::json::parse(value.dump()).dump(); }

/// The order of members counts where the record came to us byte by byte, and its service has one.
bool order_counts(const GoldenCase& golden) {
  static const std::vector<std::string_view> kOrdered = {"s3", "s3control", "sts", "cloudtrail", "logs"};
  return golden.tier == "delivered" && std::find(kOrdered.begin(), kOrdered.end(), golden.service) != kOrdered.end();
}

class Golden : public ::testing::TestWithParam<GoldenCase> {};

TEST_P(Golden, record_is_as_aws_wrote_it) {
  const GoldenCase& golden = GetParam();
  const GoldenCall call(golden);
  const std::string bytes = build(call.facts());
  const Result<Json> parsed = json::parse(bytes);
  ASSERT_TRUE(parsed) << bytes;
  const Json& record = *parsed;
  SCOPED_TRACE(fmt::format("line {} {} {}\n{}", golden.line, golden.service, golden.operation, bytes));

  for (const std::string_view name : {"eventSource", "eventName", "readOnly", "managementEvent", "eventCategory", "eventType", "errorCode",
                                      "errorMessage", "requestParameters", "responseElements", "resources", "userIdentity"}) {
    const bool always = name.starts_with("error") || name == "resources";
    if (!golden.record.contains(name) && !always) continue;  // the carried record is an excerpt
    if (differs_on_purpose(golden.line, name)) continue;
    Json expected = golden.record.contains(name) ? golden.record[name] : Json("absent");
    Json actual = record.contains(name) ? record[name] : Json("absent");
    even_dates(expected);
    even_dates(actual);
    if (order_counts(golden)) {
      EXPECT_EQ(actual.dump(), expected.dump()) << name;
    } else {
      EXPECT_EQ(without_order(actual), without_order(expected)) << name;
    }
  }
  if (golden.record.contains("apiVersion")) {
    EXPECT_EQ(record.value("apiVersion", "absent"), golden.record["apiVersion"]);
  }
  if (golden.record.contains("additionalEventDataKeys") && !differs_on_purpose(golden.line, "additionalEventData")) {
    Json keys = Json::array();
    for (const auto& [name, value] : record["additionalEventData"].items()) keys.push_back(name);
    if (order_counts(golden)) {
      EXPECT_EQ(keys.dump(), golden.record["additionalEventDataKeys"].dump());
    } else {
      EXPECT_EQ(keys.size(), golden.record["additionalEventDataKeys"].size());
    }
    if (golden.record.contains("additionalEventData")) {
      for (const auto& [name, value] : golden.record["additionalEventData"].items())
        EXPECT_EQ(record["additionalEventData"][name], value) << name;
    }
  }
  EXPECT_EQ(bytes.find(kSecret), std::string::npos) << "a secret was recorded";
}

INSTANTIATE_TEST_SUITE_P(Records, Golden, ::testing::ValuesIn(golden_cases()), [](const auto& one) {
  return fmt::format("line_{}_{}_{}", one.param.line, one.param.service, one.param.operation);
});

}  // namespace
}  // namespace cairn::event::testing

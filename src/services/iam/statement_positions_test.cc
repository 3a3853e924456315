#include "services/iam/statement_positions.h"

#include <gtest/gtest.h>

namespace cairn::iam {
namespace {

std::string show(std::string_view policy) {
  std::string text;
  for (const Extent& extent : statement_positions(policy))
    text += std::to_string(extent.start.line) + "," + std::to_string(extent.start.column) + "-" + std::to_string(extent.end.line) + "," +
            std::to_string(extent.end.column) + " ";
  return text;
}

// The first example of the AWS CLI's page of simulate-principal-policy: from 3,19 to 9,10.
TEST(StatementPositions, AreCountedAsTheSimulatorDoes) {
  EXPECT_EQ(show("{\n"
                 "    \"Version\": \"2012-10-17\",\n"
                 "    \"Statement\": [\n"
                 "        {\n"
                 "            \"Effect\": \"Allow\",\n"
                 "            \"Action\": [\n"
                 "                \"codecommit:ListRepositories\"\n"
                 "            ], \"Resource\": [\"*\"]\n"
                 "        }\n"
                 "    ]\n"
                 "}"),
            "3,19-9,10 ");
}

TEST(StatementPositions, OfSeveralEachBeginsBehindTheComma) {
  const std::string_view policy = R"({"Statement":[{"Sid":"a{,"},{"Sid":"b"}],"Id":{"x":[{}]}})";
  const std::vector<Extent> extents = statement_positions(policy);
  ASSERT_EQ(extents.size(), 2u);
  const auto part = [&](const Extent& e) {
    return policy.substr(static_cast<size_t>(e.start.column - 1), static_cast<size_t>(e.end.column - e.start.column));
  };
  EXPECT_EQ(part(extents[0]), R"({"Sid":"a{,"})");
  EXPECT_EQ(part(extents[1]), R"({"Sid":"b"})");
}

TEST(StatementPositions, OneMayStandWithoutAList) {
  EXPECT_EQ(show(R"({"Statement":{"Condition":{"a":{}}},"Version":"x"})"), "1,14-1,36 ");
}

}  // namespace
}  // namespace cairn::iam

#include "services/cloudformation/drift.h"

#include <gtest/gtest.h>

namespace cairn::cloudformation {
namespace {

/// PATH TYPE EXPECTED ACTUAL of each difference.
std::vector<std::string> differences(const char* path, const char* expected, const char* live, const char* shown = nullptr) {
  const Json wanted = json::parse(expected).value();
  Json found = Json::array();
  compare_property(wanted, shown == nullptr ? wanted : json::parse(shown).value(), json::parse(live).value(), path, found);
  std::vector<std::string> told;
  for (const Json& each : found)
    told.push_back(fmt::format("{} {} {} {}", each.at("PropertyPath").get<std::string>(), each.at("DifferenceType").get<std::string>(),
                               each.at("ExpectedValue").get<std::string>(), each.at("ActualValue").get<std::string>()));
  return told;
}

using Told = std::vector<std::string>;

TEST(Drift, ScalarsAreWrittenInSeveralWays) {
  for (const auto& [expected, live] :
       {std::pair{"1", "1.0"}, {"\"1\"", "1"}, {"\"60\"", "\"60\""}, {"true", "\"true\""}, {"\"0.50\"", "0.5"}})
    EXPECT_EQ(differences("/P", expected, live), Told{}) << expected << live;
  EXPECT_EQ(differences("/P", "\"a\"", "\"b\""), Told{"/P NOT_EQUAL a b"});
  EXPECT_EQ(differences("/P", "30", "null"), Told{"/P REMOVE 30 null"});
}

TEST(Drift, OnlyWhatTheTemplateNamesIsCompared) {
  EXPECT_EQ(differences("/P", R"({"a": 1})", R"({"a": 1, "b": 2})"), Told{});
  EXPECT_EQ(differences("/P", R"({"a": 1, "c": {"d": "x"}})", R"({"b": 2, "c": {"d": "y", "e": 1}})"),
            (Told{"/P/a REMOVE 1 null", "/P/c/d NOT_EQUAL x y"}));
}

TEST(Drift, DocumentsAreComparedWhole) {
  EXPECT_EQ(
      differences("/PolicyDocument", R"({"Statement": [{"Action": "a"}]})", R"({"Statement": [{"Action": "a", "Sid": "s"}], "Id": "i"})"),
      (Told{"/PolicyDocument/Statement/0/Sid ADD null s", "/PolicyDocument/Id ADD null i"}));
  EXPECT_EQ(differences("/Policies", R"([{"PolicyName": "p", "PolicyDocument": {"a": 1}}])",
                        R"([{"PolicyName": "p", "PolicyDocument": {"a": 1, "b": 2}}])"),
            Told{"/Policies/0/PolicyDocument/b ADD null 2"});
}

TEST(Drift, ListsHaveNoOrder) {
  EXPECT_EQ(differences("/P", R"(["a", "b"])", R"(["b", "a"])"), Told{});
  EXPECT_EQ(differences("/P", R"(["a", "b"])", R"(["c", "a"])"), (Told{"/P/1 REMOVE b null", "/P/0 ADD null c"}));
  EXPECT_EQ(differences("/Tags", R"([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])",
                        R"([{"Key": "c", "Value": "3"}, {"Key": "b", "Value": "0"}, {"Key": "a", "Value": "1"}])"),
            (Told{"/Tags/1/Value NOT_EQUAL 2 0", "/Tags/0 ADD null {\"Key\":\"c\",\"Value\":\"3\"}"}));
  EXPECT_EQ(differences("/P", R"([{"x": 1}, {"x": 2}])", R"([{"x": 2, "y": 0}, {"x": 3}])"), Told{"/P/0/x NOT_EQUAL 1 3"});
}

TEST(Drift, WhatMustNotBeSeenIsNot) {
  EXPECT_EQ(differences("/P", R"("hidden")", R"("other")", R"("****")"), Told{"/P NOT_EQUAL **** ****"});
  EXPECT_EQ(differences("/P", R"({"a": "x-hidden", "b": 1})", R"({"a": "y", "b": 2})", R"({"a": "x-****", "b": 1})"),
            (Told{"/P/a NOT_EQUAL x-**** ****", "/P/b NOT_EQUAL 1 2"}));
  EXPECT_EQ(differences("/P", R"({"a": "hidden"})", R"({"a": "hidden"})", R"({"a": "****"})"), Told{});
  EXPECT_EQ(differences("/P", R"(["one", "two"])", R"(["two"])", R"("****")"), Told{"/P NOT_EQUAL **** ****"});
}

}  // namespace
}  // namespace cairn::cloudformation

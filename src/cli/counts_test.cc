#include "cli/counts.h"

#include <gtest/gtest.h>

namespace cairn::cli {
namespace {

Counts two_pages() {
  Counts counts;
  counts.add(Json::parse(R"x({"Total":7,"Interval":60,"Bins":[{"StartTime":1767225600.0,"Count":7}],"IsPartial":true,
    "Fields":[{"Field":"eventName","Values":[{"Value":"PutObject","Count":4},{"Value":"=HYPERLINK()","Count":1}],"OtherCount":1,"MissingCount":1}]})x"));
  counts.add(Json::parse(R"({"Total":5,"Interval":60,"Bins":[{"StartTime":1767225540.0,"Count":3},{"StartTime":1767225600.0,"Count":2}],
    "Fields":[{"Field":"eventName","Values":[{"Value":"AssumeRole","Count":3},{"Value":"PutObject","Count":2}],"OtherCount":0,"MissingCount":0}]})"));
  return counts;
}

TEST(Counts, PagesAreOneAndTheMostFrequentComesFirst) {
  EXPECT_EQ(two_pages().text(Output::kTable, 2),
            "12 events\n"
            "\ntime, by 1 minute\n"
            "2025-12-31T23:59:00Z           3  #############\n"
            "2026-01-01T00:00:00Z           9  ########################################\n"
            "\neventName\n"
            "         6  PutObject\n"
            "         3  AssumeRole\n"
            "         2  (others)\n"
            "         1  (none)\n");
}

TEST(Counts, SaysWhereAValueMayHaveBeenAmongTheOthersOfAPage) {
  EXPECT_FALSE(two_pages().is_exact());
  Counts one_page, guessed;
  one_page.add(Json::parse(R"({"Total":3,"Fields":[{"Field":"a","Values":[{"Value":"x","Count":2,"ErrorMax":0}],"OtherCount":1}]})"));
  EXPECT_TRUE(one_page.is_exact()) << "who is the most frequent is known";
  one_page.add(Json::parse(R"({"Total":3,"Fields":[{"Field":"a","Values":[{"Value":"y","Count":3,"ErrorMax":0}],"OtherCount":0}]})"));
  EXPECT_FALSE(one_page.is_exact());
  guessed.add(Json::parse(R"({"Total":3,"Fields":[{"Field":"a","Values":[{"Value":"x","Count":2,"ErrorMax":1}],"OtherCount":0}]})"));
  EXPECT_FALSE(guessed.is_exact());
}

TEST(Counts, AsADocumentAndAsRows) {
  EXPECT_EQ(Json::parse(two_pages().text(Output::kJson, 1)), Json::parse(R"({"Total":12,"Interval":60,
    "Bins":[{"StartTime":"2025-12-31T23:59:00Z","Count":3},{"StartTime":"2026-01-01T00:00:00Z","Count":9}],
    "Fields":[{"Field":"eventName","Values":[{"Value":"PutObject","Count":6}],"OtherCount":5,"MissingCount":1}]})"));
  EXPECT_EQ(two_pages().text(Output::kCsv, 3),
            "field,value,events\r\ntime,2025-12-31T23:59:00Z,3\r\ntime,2026-01-01T00:00:00Z,9\r\n"
            "eventName,PutObject,6\r\neventName,AssumeRole,3\r\neventName,'=HYPERLINK(),1\r\neventName,(others),1\r\n"
            "eventName,(none),1\r\n");
  EXPECT_EQ(two_pages().text(Output::kNdjson, 1),
            "{\"Field\":\"time\",\"Value\":\"2025-12-31T23:59:00Z\",\"Events\":3}\n"
            "{\"Field\":\"time\",\"Value\":\"2026-01-01T00:00:00Z\",\"Events\":9}\n"
            "{\"Field\":\"eventName\",\"Value\":\"PutObject\",\"Events\":6}\n"
            "{\"Field\":\"eventName\",\"Value\":\"(others)\",\"Events\":5}\n"
            "{\"Field\":\"eventName\",\"Value\":\"(none)\",\"Events\":1}\n");
}

TEST(Counts, IntervalsWithoutEventsAreNotPassedOverInSilence) {
  Counts counts;
  counts.add(Json::parse(R"({"Total":3,"Interval":10800,"Bins":[{"StartTime":1767225600.0,"Count":1},{"StartTime":1767236400.0,"Count":1},
    {"StartTime":1767258000.0,"Count":1}]})"));
  const std::string table = counts.text(Output::kTable, 1);
  EXPECT_NE(table.find("time, by 3 hours\n"), std::string::npos);
  EXPECT_EQ(table.find("..."), table.rfind("...")) << "one gap";
  EXPECT_LT(table.find("03:00:00Z"), table.find("..."));
  EXPECT_LT(table.find("..."), table.find("09:00:00Z"));
}

TEST(Counts, OfAnAnswerThatLacksEverythingNothingIsSaid) {
  Counts counts;
  counts.add(Json::parse(R"({"Fields":[{}],"Bins":[{}],"Total":"many"})"));
  EXPECT_EQ(counts.text(Output::kTable, 10), "0 events\n\ntime, by 1 second\n\n\n");
  EXPECT_EQ(Counts().text(Output::kTable, 10), "0 events\n");
}

}  // namespace
}  // namespace cairn::cli

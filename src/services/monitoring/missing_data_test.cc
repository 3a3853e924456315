#include "services/monitoring/missing_data.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cairn::cloudwatch {
namespace {

std::vector<Datum> read(std::string_view text) {
  std::vector<Datum> range;
  for (const char c : text)
    if (c != ' ') range.push_back(c == '-' ? Datum::kNone : c == 'X' ? Datum::kBreaching : Datum::kWithin);
  return range;
}

std::string verdicts(std::string_view range, Demand demand) {
  std::string out;
  for (const Missing missing : {Missing::kMissing, Missing::kIgnore, Missing::kBreaching, Missing::kNotBreaching}) {
    switch (judge(read(range), demand, missing)) {
      case Verdict::kOk:
        out += " OK";
        break;
      case Verdict::kAlarm:
        out += " ALARM";
        break;
      case Verdict::kInsufficientData:
        out += " INSUFFICIENT";
        break;
      case Verdict::kAsBefore:
        out += " RETAIN";
        break;
    }
  }
  return out.substr(1);
}

// The tables of "Configuring how CloudWatch alarms treat missing data", in the order missing, ignore, breaching, notBreaching.
TEST(MissingData, three_out_of_three_as_documented) {
  constexpr Demand kDemand{.breaching = 3, .periods = 3};
  EXPECT_EQ(verdicts("0 - X - X", kDemand), "OK OK OK OK");
  EXPECT_EQ(verdicts("0 - - - -", kDemand), "OK OK OK OK");
  EXPECT_EQ(verdicts("- - - - 0", kDemand), "OK OK OK OK");
  EXPECT_EQ(verdicts("- - - - -", kDemand), "INSUFFICIENT RETAIN ALARM OK");
  EXPECT_EQ(verdicts("0 X X - X", kDemand), "ALARM ALARM ALARM ALARM");
  EXPECT_EQ(verdicts("- - - - X", kDemand), "INSUFFICIENT RETAIN ALARM OK");
  EXPECT_EQ(verdicts("X - - - -", kDemand), "ALARM RETAIN ALARM OK");
  EXPECT_EQ(verdicts("- - X - -", kDemand), "ALARM RETAIN ALARM OK");
}

TEST(MissingData, two_out_of_three_as_documented) {
  constexpr Demand kDemand{.breaching = 2, .periods = 3};
  EXPECT_EQ(verdicts("0 - X - X", kDemand), "ALARM ALARM ALARM ALARM");
  EXPECT_EQ(verdicts("0 0 X 0 X", kDemand), "ALARM ALARM ALARM ALARM");
  EXPECT_EQ(verdicts("0 - X - -", kDemand), "OK OK ALARM OK");
  EXPECT_EQ(verdicts("- - - - 0", kDemand), "OK OK ALARM OK");
  EXPECT_EQ(verdicts("- - - X -", kDemand), "ALARM RETAIN ALARM OK");
  EXPECT_EQ(verdicts("- - - - X", kDemand), "INSUFFICIENT RETAIN ALARM OK");
}

// "Avoiding premature transitions": with four missing before it, a breaching datapoint alone is no alarm yet.
TEST(MissingData, what_began_just_now_waits) {
  constexpr Demand kDemand{.breaching = 3, .periods = 3};
  EXPECT_EQ(verdicts("- - - X -", kDemand), "INSUFFICIENT RETAIN ALARM OK");
  EXPECT_EQ(verdicts("- - - X 0", kDemand), "OK OK OK OK");
  EXPECT_EQ(verdicts("- - X - 0", kDemand), "OK OK OK OK");
}

TEST(MissingData, one_out_of_one) {
  constexpr Demand kDemand{.breaching = 1, .periods = 1};
  EXPECT_EQ(verdicts("- - X", kDemand), "ALARM ALARM ALARM ALARM");
  EXPECT_EQ(verdicts("X - -", kDemand), "ALARM ALARM ALARM ALARM") << "the last datapoint there is";
  EXPECT_EQ(verdicts("X - 0", kDemand), "OK OK OK OK");
  EXPECT_EQ(verdicts("- - -", kDemand), "INSUFFICIENT RETAIN ALARM OK");
}

}  // namespace
}  // namespace cairn::cloudwatch

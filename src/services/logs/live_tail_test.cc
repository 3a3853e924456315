#include "services/logs/live_tail.h"

#include <gtest/gtest.h>

#include <set>

#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "env/sim/random.h"

namespace cairn::logs_service {
namespace {

using namespace std::chrono_literals;

class LiveTails : public testing::Test {
 protected:
  LiveTails() {
    EXPECT_TRUE(files.make_directory("/data"));
    auto opened = logs::Store::open(files, {.directory = "/data/logs"});
    EXPECT_TRUE(opened);
    store = std::move(*opened);
  }
  std::unique_ptr<LiveTail> session(const std::string& pattern = "", std::map<uint32_t, Secret> keys = {}) {
    Group group;
    group.name = "g";
    group.id = "id-of-g";
    group.account = aws::AccountId("111122223333");
    group.region = aws::Region("us-east-1");
    std::vector<LiveTail::Tailed> groups;
    groups.push_back({group, std::move(keys)});
    LiveTail::Filter filter{.stream_names = {}, .stream_prefixes = {}, .pattern = *patterns::FilterPattern::compile(pattern)};
    const LiveTail::Means means{.clock = clock, .random = random, .store = *store, .kms = &kms, .kms_version = kms.version()};
    return std::make_unique<LiveTail>(means, std::move(groups), std::move(filter), "{}", nullptr);
  }
  static logs::Batch batch(const std::vector<std::string>& messages) {
    logs::Batch batch{.group = "id-of-g", .stream = "x:s", .ingested = 2000, .items = {}};
    for (const std::string& message : messages) batch.items.push_back({1000, message});
    return batch;
  }
  /// What a client is told next, after a second, by the payload alone.
  Json told(LiveTail& tail) {
    clock.advance(1s);
    bytes = tail.next().bytes;
    const auto headers = static_cast<unsigned char>(bytes.at(7));  // short of 256 bytes
    const size_t begin = 12 + headers;
    return json::parse(std::string_view(bytes).substr(begin, bytes.size() - 4 - begin)).value();
  }

  env::SimClock clock;
  env::SimRandom random{1};
  env::SimFiles files;
  std::unique_ptr<logs::Store> store;
  state::Watch kms{"kms/"};
  std::string bytes;
};

TEST_F(LiveTails, TellEachSecond) {
  const auto tail = session("b");
  EXPECT_NE(tail->next().bytes.find("sessionStart"), std::string::npos);
  tail->came(batch({"a", "b", "c b"}));
  EXPECT_EQ(tail->next().bytes, "");
  EXPECT_EQ(told(*tail).dump(),
            R"({"sessionMetadata":{"sampled":false},"sessionResults":[)"
            R"({"logStreamName":"s","logGroupIdentifier":"arn:aws:logs:us-east-1:111122223333:log-group:g","message":"b",)"
            R"("timestamp":1000,"ingestionTime":2000},)"
            R"({"logStreamName":"s","logGroupIdentifier":"arn:aws:logs:us-east-1:111122223333:log-group:g","message":"c b",)"
            R"("timestamp":1000,"ingestionTime":2000}]})");
  EXPECT_EQ(told(*tail).dump(), R"({"sessionMetadata":{"sampled":false},"sessionResults":[]})");
}

TEST_F(LiveTails, EndAfterThreeHours) {
  const auto tail = session();
  tail->next();
  clock.advance(LiveTail::kLasts - 2s);
  EXPECT_FALSE(tail->next().is_last);
  clock.advance(2s);
  const http::LiveSource::Piece last = tail->next();
  EXPECT_TRUE(last.is_last);
  EXPECT_NE(last.bytes.find("SessionTimeoutException"), std::string::npos);
}

TEST_F(LiveTails, DrawEvenlyWhenThereIsTooMuch) {
  const auto tail = session();
  tail->next();
  std::vector<std::string> messages;
  for (int i = 0; i < 5000; ++i) messages.push_back(std::to_string(i));
  for (int i = 0; i < 5; ++i) tail->came(batch({messages.begin() + i * 1000, messages.begin() + (i + 1) * 1000}));
  const Json update = told(*tail);
  EXPECT_TRUE(update["sessionMetadata"]["sampled"].get<bool>());
  std::set<int> drawn;
  for (const Json& result : update["sessionResults"]) drawn.insert(std::stoi(result["message"].get<std::string>()));
  EXPECT_EQ(drawn.size(), LiveTail::kEventsMax);
  for (int begin = 0; begin < 5000; begin += 1000)  // 100 of each thousand are expected; 60 to 140 are four deviations
    EXPECT_NEAR(std::distance(drawn.lower_bound(begin), drawn.lower_bound(begin + 1000)), 100, 40);
  EXPECT_FALSE(told(*tail)["sessionMetadata"]["sampled"].get<bool>());
}

TEST_F(LiveTails, HoldNoMoreThanTheirBound) {
  const auto tail = session("needle");
  tail->next();
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 20; ++i) tail->came(batch({large}));
  tail->came(batch({"needle"}));
  const Json update = told(*tail);
  EXPECT_TRUE(update["sessionMetadata"]["sampled"].get<bool>());
  tail->came(batch({"needle"}));
  EXPECT_EQ(told(*tail)["sessionResults"].size(), 1u);
}

TEST_F(LiveTails, OpenWhatIsUnderTheirKeyAlone) {
  const Secret key(std::string(crypto::kAeadKeyBytes, 'k'));
  const auto tail = session("", {{3, key}});
  tail->next();
  logs::Batch sealed = batch({"secret"});
  seal_messages(sealed, key, 3, random);
  tail->came(sealed);
  EXPECT_EQ(told(*tail)["sessionResults"][0]["message"], "secret");
  sealed = batch({"of a newer key"});
  seal_messages(sealed, key, 4, random);
  tail->came(sealed);
  const http::LiveSource::Piece last = tail->next();
  EXPECT_TRUE(last.is_last);
  EXPECT_NE(last.bytes.find("SessionStreamingException"), std::string::npos);
}

}  // namespace
}  // namespace cairn::logs_service

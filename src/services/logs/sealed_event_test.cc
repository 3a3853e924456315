#include "services/logs/sealed_event.h"

#include <gtest/gtest.h>

#include "env/sim/random.h"

namespace cairn::logs_service {
namespace {

class SealedEvents : public testing::Test {
 protected:
  SealedEvents() { seal_messages(batch, data_key, 7, random); }
  logs::EventView event(uint32_t index) const {
    const logs::Batch::Item& item = batch.items[index];
    return {{item.timestamp, 900, index}, batch.ingested, batch.stream, item.message};
  }
  std::optional<std::string> opened(const logs::EventView& event, const std::string& group = "group") {
    MessageOpener opener(group, [this](uint32_t number) {
      asked.push_back(number);
      return data_key;
    });
    const std::optional<std::string_view> text = opener.open(event);
    return text ? std::optional<std::string>(*text) : std::nullopt;
  }

  env::SimRandom random{1};
  const Secret data_key{std::string(crypto::kAeadKeyBytes, 'k')};
  logs::Batch batch{.group = "group", .stream = "id:s", .ingested = 5000, .items = {{1000, "first"}, {1001, ""}, {1001, "third"}}};
  std::vector<uint32_t> asked;
};

TEST_F(SealedEvents, OpenWithTheDataKeyOfTheirNumber) {
  MessageOpener opener("group", [this](uint32_t number) {
    asked.push_back(number);
    return data_key;
  });
  EXPECT_EQ(opener.open(event(0)), "first");
  EXPECT_EQ(opener.open(event(1)), "");
  EXPECT_EQ(opener.open(event(2)), "third");
  EXPECT_EQ(asked, std::vector<uint32_t>{7});
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(is_sealed(event(i).message));
    EXPECT_EQ(event(i).message.find("first"), std::string_view::npos);
  }
}

TEST_F(SealedEvents, CostNoMoreThanTwoBytesBeyondWhatAwsCountsForAnEvent) { EXPECT_EQ(event(1).message.size(), 29u); }

TEST_F(SealedEvents, OpenNowhereElse) {
  logs::EventView moved = event(0);
  moved.place.index = 2;
  EXPECT_FALSE(opened(moved));
  moved = event(0);
  moved.place.timestamp = 1002;
  EXPECT_FALSE(opened(moved));
  moved = event(0);
  moved.stream = "id:t";
  EXPECT_FALSE(opened(moved));
  EXPECT_FALSE(opened(event(0), "other"));
  EXPECT_TRUE(opened(event(0)));
}

TEST_F(SealedEvents, NoByteCanBeChanged) {
  const std::string whole(event(0).message);
  for (size_t at = 1; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    logs::EventView damaged = event(0);
    damaged.message = changed;
    if (at > 2) {  // the number alone says which key, and here all are one
      EXPECT_FALSE(opened(damaged)) << at;
    }
    damaged.message = std::string_view(whole).substr(0, at);
    EXPECT_FALSE(opened(damaged)) << at;
  }
}

TEST_F(SealedEvents, WhatIsNotSealedPasses) {
  EXPECT_EQ(opened({{1, 2, 3}, 4, "s", "plain text"}), "plain text");
  EXPECT_EQ(opened({{1, 2, 3}, 4, "s", ""}), "");
  EXPECT_TRUE(asked.empty());
}

}  // namespace
}  // namespace cairn::logs_service

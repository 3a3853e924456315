#include "history/sieve.h"

#include <gtest/gtest.h>

#include <random>

namespace cairn::history {
namespace {

std::vector<std::string> some_records() {
  std::vector<std::string> records;
  std::mt19937 random(3);
  constexpr const char* kWords[] = {"alice", "Bob", "orders-prod", "AccessDenied, sorry", "arn:aws:iam::111122223333:user/alice", "e, 1"};
  for (int n = 0; n < 400; ++n) {
    const char *a = kWords[random() % 6], *b = kWords[random() % 6];
    records.push_back(fmt::format(
        R"({{"user":{{"type":"IAMUser","name":"{}"}},"time":"2026-01-02T03:04:{:02}Z","n":{},"list":[1,{},true,"{}"],"flag":{},"id":"0a{:06}-1111-4111-8111-0123456789ab","free":"{} {}"}})",
        a, n % 60, n % 7, n % 5, b, n % 2 == 0, n, a, n));
  }
  return records;
}

TEST(Sieve, NeverLeavesOutARecordThatHoldsTheText) {
  const std::vector<std::string> records = some_records();
  Coder coder;
  for (const std::string& record : records) coder.add(record, 1'760'000'000);
  const Coder::Block coded = coder.close();
  const std::string raw = coded.text + coded.noise;
  const auto block = CodedBlock::open(raw);
  ASSERT_TRUE(block.has_value());
  std::mt19937 random(4);
  size_t told = 0, left_out = 0;
  for (int n = 0; n < 3000; ++n) {
    const std::string& from = records[random() % records.size()];
    const size_t begin = random() % from.size();
    Texts texts{{from.substr(begin, 1 + random() % 12)}, random() % 2 == 0};
    if (random() % 3 == 0) texts.any.push_back("nowhere to be found");
    if (!Sieve::can_tell(texts)) continue;
    ++told;
    Sieve sieve(texts);
    ASSERT_TRUE(sieve.look_at(coder, coder.words()));
    bool may_any = false;
    for (uint32_t place = 0; place < block->events(); ++place) {
      const bool may = sieve.may_contain(block->coded(place).body);
      may_any = may_any || may;
      left_out += may ? 0 : 1;
      if (records[place].find(texts.any[0]) != std::string::npos) {
        ASSERT_TRUE(may) << texts.any[0] << " in " << records[place];
      }
    }
    ASSERT_TRUE(!may_any || sieve.may_any_contain(block->bodies())) << texts.any[0];
  }
  EXPECT_GT(told, 500u);
  EXPECT_GT(left_out, told * 50) << "else it is of no use";
}

TEST(Sieve, OfRecordsWithoutTheTextItRulesOutAllAtOnce) {
  Coder coder;
  for (int n = 0; n < 256; ++n) {
    for (const char* word : {"often", "always"})
      coder.add(fmt::format(R"({{"a":"{}","b":"Once {}","id":"0a{:06}-1111-4111-8111-0123456789ab"}})", word, n, n), 0);
  }
  const Coder::Block coded = coder.close();
  const std::string raw = coded.text + coded.noise;
  const auto block = CodedBlock::open(raw);
  const auto may = [&](const Texts& texts) {
    Sieve sieve(texts);
    EXPECT_TRUE(sieve.look_at(coder, coder.words()));
    return sieve.may_any_contain(block->bodies());
  };
  EXPECT_FALSE(may({{"nowhere"}}));
  EXPECT_FALSE(may({{"nowhere", "to be found"}, true}));
  EXPECT_FALSE(may({{"once 7"}}));
  EXPECT_TRUE(may({{"nowhere", "Once 255"}}));
  EXPECT_TRUE(may({{"once 7"}, true}));
  EXPECT_TRUE(may({{"lway"}}));
  EXPECT_TRUE(may({{"0a00"}})) << "it may be part of an identifier";
}

TEST(Sieve, CaseIsLeftOutOfConsiderationWhereThatIsAsked) {
  Coder coder;
  for (int n = 0; n < 3; ++n) coder.add(R"({"a":"Needle","b":{"c":"HAY"}})", 0);
  const Coder::Block coded = coder.close();
  const auto block = CodedBlock::open(coded.text);
  for (const bool any_case : {false, true}) {
    Sieve sieve({{"nEEDLE"}, any_case});
    ASSERT_TRUE(sieve.look_at(coder, coder.words()));
    EXPECT_EQ(sieve.may_contain(block->coded(2).body), any_case);
  }
}

TEST(Sieve, TextsThatMayLieAcrossValuesAreLeftToOthers) {
  for (const char* text : {"\"", "a\":\"b", "[1", "1,", "e,", ":5", ", true", "x", "0}", "5]"})
    EXPECT_FALSE(Sieve::can_tell({{text}})) << text;
  for (const char* text : {"arn:aws:iam::111122223333:user/alice", "vpc-0abc", "Access Denied", "a:b", "{x}"})
    EXPECT_TRUE(Sieve::can_tell({{text}})) << text;
  EXPECT_FALSE(Sieve::can_tell({}));
}

}  // namespace
}  // namespace cairn::history

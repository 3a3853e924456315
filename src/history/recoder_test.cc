#include "history/recoder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

namespace cairn::history {
namespace {

constexpr uint32_t kTime = 1'760'000'000;

/// Records that share much with each other, and something with those of other seeds.
std::string record_of(std::mt19937_64& random) {
  const auto draw = [&](uint64_t n) { return random() % n; };
  const auto uuid = [&] {
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", draw(1ull << 32), draw(1 << 16), draw(1 << 16), draw(1 << 16),
                       draw(1ull << 48));
  };
  std::string out = fmt::format(R"({{"eventName":"Name{}","userIdentity":{{"type":"IAMUser","name":"user{}","keys":[{},{}]}},)", draw(9),
                                draw(30), draw(3), draw(100));
  if (draw(2) == 0)
    out +=
        fmt::format(R"("requestParameters":{{"bucket":"b{}","token":"{:032x}","deep":{{"a":[{{"b":null}}]}}}},)", draw(400), draw(~0ull));
  if (draw(3) == 0) out += R"("responseElements":null,)";
  return out + fmt::format(R"("eventTime":"2025-10-09T08:53:{:02}Z","eventID":"{}"}})", draw(60), uuid());
}

struct Coded {
  Coder coder;
  std::vector<std::string> records, blocks;

  void add(std::string record) {
    coder.add(record, kTime);
    records.push_back(std::move(record));
    if (records.size() % 50 == 0) close();
  }
  void close() {
    const Coder::Block block = coder.close();
    blocks.push_back(block.text + block.noise);
  }
};

TEST(Recoder, RecordsOfSeveralDictionariesComeBackFromOne) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    Coder to;
    std::vector<std::string> expected, blocks;
    std::string out;
    for (int source = 0; source < 4; ++source) {
      Coded from;
      for (int n = 0; n < 200; ++n) from.add(n % 37 == 0 ? "no json " + std::to_string(random() % 3) : record_of(random));
      Recoder recoder(to, from.coder, from.coder.words());
      for (const std::string& raw : from.blocks) {
        const auto block = CodedBlock::open(raw);
        for (uint32_t place = 0; place < block->events(); ++place) {
          ASSERT_TRUE(recoder.add(block->coded(place)));
          ASSERT_TRUE(to.open_record(to.open_events() - 1, kTime, out));
          expected.push_back(from.records[expected.size() % 200]);
          ASSERT_EQ(out, expected.back());
        }
        const Coder::Block closed = to.close();
        blocks.push_back(closed.text + closed.noise);
      }
    }
    size_t number = 0;
    for (const std::string& raw : blocks) {
      const auto block = CodedBlock::open(raw);
      for (uint32_t place = 0; place < block->events(); ++place) {
        ASSERT_TRUE(block->record(place, kTime, to, out));
        ASSERT_EQ(out, expected[number++]);
      }
    }
    ASSERT_EQ(number, expected.size());
  }
}

/// Whatever the bytes: what is taken says the same as before, and what is refused adds nothing.
TEST(Recoder, DamageStaysWhatItIs) {
  std::mt19937_64 random(7);
  Coded from;
  for (int n = 0; n < 200; ++n) from.add(record_of(random));
  Coder to;
  Recoder recoder(to, from.coder, from.coder.words());
  size_t taken = 0;
  std::string before, after;
  for (int round = 0; round < 20'000; ++round) {
    const auto block = CodedBlock::open(from.blocks[random() % from.blocks.size()]);
    const CodedBlock::Coded sound = block->coded(static_cast<uint32_t>(random() % block->events()));
    std::string body(sound.body), noise(sound.noise);
    for (uint64_t changes = random() % 3; changes > 0; --changes) body[random() % body.size()] = static_cast<char>(random());
    if (random() % 8 == 0) body.resize(random() % body.size());
    if (random() % 8 == 0) noise.resize(random() % (noise.size() + 1));
    before.clear();
    const bool is_sound = expand(body, noise, kTime, from.coder, before);
    const uint32_t events = to.open_events();
    if (!recoder.add({body, noise})) {
      EXPECT_EQ(to.open_events(), events);
      EXPECT_FALSE(is_sound);
      continue;
    }
    ++taken;
    EXPECT_EQ(to.open_record(events, kTime, after), is_sound);
    if (is_sound) {
      EXPECT_EQ(after, before);
    }
    if (to.is_block_full()) (void)to.close();
  }
  EXPECT_GT(taken, 5'000u);
}

TEST(Recoder, WithoutRoomForMoreWordsWhatWasAWordIsSpelledOut) {
  Coder to;
  std::mt19937_64 random(3);
  std::mt19937_64 other(4);
  for (int n = 0; n < 40; ++n) to.add(record_of(other), kTime);  // the forms: without them nothing could be taken
  (void)to.close();
  for (const size_t length : {16'000, 1'000, 50, 8})
    for (uint64_t n = 0; to.entry(Word::kText, fmt::format("{:0{}}", n, length)); ++n) continue;
  ASSERT_FALSE(to.entry(Word::kText, "no room for this"));
  const uint32_t words = to.words();
  Coded from;
  for (int n = 0; n < 400; ++n) from.add(record_of(random));
  Recoder recoder(to, from.coder, from.coder.words());
  std::string out;
  size_t number = 0, taken = 0;
  for (const std::string& raw : from.blocks) {
    const auto block = CodedBlock::open(raw);
    for (uint32_t place = 0; place < block->events(); ++place, ++number) {
      if (recoder.add(block->coded(place))) ++taken;
      else to.add(from.records[number], kTime);  // as whoever merges does
      ASSERT_TRUE(to.open_record(to.open_events() - 1, kTime, out));
      ASSERT_EQ(out, from.records[number]);
    }
    (void)to.close();
  }
  EXPECT_GT(taken, 300u);
  EXPECT_LT(to.words() - words, 10u);
}

}  // namespace
}  // namespace cairn::history

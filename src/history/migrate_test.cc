#include "history/migrate.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "history/history.h"
#include "segment/block.h"
#include "segment/catalog.h"
#include "segment/file.h"

namespace cairn::history {
namespace {

using segment::put_u16;
using segment::put_u32;
using segment::put_u64;

std::string record_of(int n) {
  return fmt::format(
      R"({{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","userName":"alice"}},"eventTime":"2025-10-09T08:{:02}:{:02}Z","eventSource":)"
      R"("s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"us-east-1","eventID":"id-{}","readOnly":true,"managementEvent":true,)"
      R"("recipientAccountId":"111122223333","eventCategory":"Management"}})",
      n / 60 % 60, n % 60, n);
}

/// As CAIRNHS1 was: events of length and bytes in blocks, rows of 24 bytes in blocks of 1,024; terms, which nobody reads any more, left
/// out.
uint64_t write_old(env::Files& files, const std::string& path, uint64_t first_position, int first, int count) {
  auto out = segment::NewFile::create(files, path, "CAIRNHS1");
  std::string rows, footer, row_blocks;
  uint32_t blocks = 0;
  const auto close_rows = [&] {
    const auto at = out->add(segment::seal_block(rows));
    put_u32(row_blocks, at.offset);
    put_u32(row_blocks, at.length);
    rows.clear();
    ++blocks;
  };
  for (int n = 0; n < count;) {
    std::string raw;
    const int begin = n;
    for (; n < count && n < begin + 30; ++n) {
      const std::string record = record_of(first + n);
      put_u32(raw, static_cast<uint32_t>(record.size()));
      raw += record;
    }
    const auto at = out->add(segment::seal_block(raw));
    for (int i = begin; i < n; ++i) {
      for (const uint32_t field : {static_cast<uint32_t>(i), 0u, 1'760'000'000u, at.offset, at.length}) put_u32(rows, field);
      put_u16(rows, static_cast<uint16_t>((i - begin) | 0xc000));
      put_u16(rows, 0);
      if (rows.size() == 24 * 1024) close_rows();
    }
  }
  if (!rows.empty()) close_rows();
  put_u64(footer, first_position);
  put_u64(footer, first_position + static_cast<uint64_t>(count) - 1);
  for (const uint32_t field : {static_cast<uint32_t>(count), 1'760'000'000u, 1'760'000'000u, 0u, 1u}) put_u32(footer, field);
  for (const std::string part : {"111122223333", "us-east-1"}) {
    put_u32(footer, static_cast<uint32_t>(part.size()));
    footer += part;
  }
  put_u32(footer, blocks);
  footer += row_blocks;
  put_u32(footer, 0);
  put_u32(footer, 0);
  return out->finish(footer).value();
}

class Migration : public testing::Test {
 protected:
  Migration() {
    log::set_threshold(static_cast<log::Level>(static_cast<int>(log::Level::kError) + 1));
    make();
  }
  void make() {
    files_ = env::SimFiles();
    EXPECT_TRUE(files_.make_directory("/data/history") && files_.sync_directory("/") && files_.sync_directory("/data"));
    segment::Manifest manifest{3000, {}};
    int first = 0;
    for (const int count : {1500, 40, 1460}) {
      const std::string file = segment::Catalog::file_name(static_cast<uint64_t>(first + count));
      const uint64_t bytes = write_old(files_, "/data/history/" + file, static_cast<uint64_t>(first) + 1, first, count);
      manifest.segments.push_back({file, static_cast<uint64_t>(count), bytes});
      first += count;
    }
    EXPECT_TRUE(files_.sync_directory("/data/history"));
    EXPECT_TRUE(segment::write_manifest(files_, "history", "/data/history", manifest));
  }
  void expect_all() {
    clock_.set(Time(std::chrono::seconds(1'760'001'000)));
    auto opened = History::open(files_, clock_, {.directory = "/data/history"});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    Query query;
    query.account = "111122223333";
    query.limit = 5000;
    const auto page = (*opened)->search(query);
    ASSERT_TRUE(page.has_value()) << page.error().message;
    ASSERT_EQ(page->events.size(), 3000u);
    for (size_t n = 0; n < 3000; ++n) {
      ASSERT_EQ(page->events[n].record, record_of(static_cast<int>(2999 - n)));
      ASSERT_EQ(page->events[n].cursor.position, 3000 - n) << "tokens given before are still good";
    }
    query.filters = {{Attribute::kEventId, "id-1501"}};
    EXPECT_EQ((*opened)->search(query)->events.size(), 1u);
    EXPECT_TRUE(static_cast<SegmentedHistory&>(**opened).verify().has_value());
    EXPECT_EQ(files_.list("/data/history")->size(), 5u);
  }
  env::SimFiles files_;
  env::SimClock clock_;
};

TEST_F(Migration, AnOldHistoryIsAllThereAfterTheStart) {
  expect_all();
  expect_all();
}

TEST_F(Migration, AMachineThatDiesAtAnyMomentGoesOnAtTheNextStart) {
  for (uint64_t cut = 1;; ++cut) {
    make();
    files_.crash_at(files_.operations() + cut);
    bool crashed = false;
    try {
      (void)History::open(files_, clock_, {.directory = "/data/history"});
    } catch (const env::SimCrash&) {
      crashed = true;
    }
    if (!crashed) {
      EXPECT_GT(cut, 20u);
      break;
    }
    env::SimRandom random(cut);
    files_.crash(random);
    ASSERT_NO_FATAL_FAILURE(expect_all()) << "cut " << cut;
  }
}

TEST_F(Migration, DamageStopsTheStartWhichSaysWhatToDo) {
  auto file = files_.open("/data/history/" + segment::Catalog::file_name(1540), env::Files::Open::kReadWrite);
  ASSERT_TRUE((*file)->pwrite(100, "xxxx").has_value());
  for (int again = 0; again < 2; ++again) {
    const auto opened = History::open(files_, clock_, {.directory = "/data/history"});
    ASSERT_FALSE(opened.has_value());
    EXPECT_NE(opened.error().message.find("1540.segment"), std::string::npos) << opened.error().message;
    EXPECT_NE(opened.error().message.find("cairn fsck"), std::string::npos) << opened.error().message;
  }
}

}  // namespace
}  // namespace cairn::history

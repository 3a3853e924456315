#include "segment/table.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "env/sim/files.h"

namespace cairn::segment {
namespace {

constexpr std::string_view kMagic = "CAIRNTST";

class TableTest : public testing::Test {
 protected:
  TableTest() { log::set_threshold(static_cast<log::Level>(static_cast<int>(log::Level::kError) + 1)); }

  /// Keys 10, 20, ...
  void write(uint32_t entries) {
    auto out = NewFile::create(files_, "/x", kMagic);
    TableWriter table;
    for (uint32_t i = 1; i <= entries; ++i) table.add(*out, {i * 10, {i, i + 1}, uint64_t{i} << 40});
    const std::string said = table.finish(*out);
    bytes_ = out->finish(said, NewFile::Footer::kTwice).value();
  }
  void open() {
    storage_ = std::make_unique<Storage>(files_);
    auto file = File::open(*storage_, "/x", "test", kMagic);
    ASSERT_TRUE(file.has_value()) << file.error().message;
    file_ = std::move(*file);
    Reader footer(file_->footer());
    ASSERT_TRUE(table_.read(footer));
    ASSERT_EQ(footer.left(), 0u);
  }
  void flip(uint64_t offset) {
    auto file = files_.open("/x", env::Files::Open::kReadWrite);
    char byte;
    ASSERT_EQ((*file)->pread(offset, {&byte, 1}).value(), 1u);
    byte = static_cast<char>(byte ^ 1);
    ASSERT_TRUE((*file)->pwrite(offset, {&byte, 1}).has_value());
  }

  env::SimFiles files_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<File> file_;
  Table table_;
  uint64_t bytes_ = 0;
};

TEST_F(TableTest, FindsTheLastEntryThatIsNotAbove) {
  for (const uint32_t entries : {1u, 2u, kTablePageEntries, kTablePageEntries + 1, 5 * kTablePageEntries + 3}) {
    ASSERT_TRUE(entries == 1 || files_.remove("/x").has_value());
    write(entries);
    open();
    EXPECT_EQ(table_.count(), entries);
    for (uint32_t i = 1; i <= entries; ++i) {
      for (const uint64_t key : {i * 10, i * 10 + 9}) {
        const auto found = table_.find(*file_, key);
        ASSERT_TRUE(found.has_value() && found->has_value());
        ASSERT_EQ((*found)->number, i - 1);
        ASSERT_EQ((*found)->entry.key, i * 10);
        ASSERT_EQ((*found)->entry.at.offset, i);
        ASSERT_EQ((*found)->entry.note, uint64_t{i} << 40);
      }
      ASSERT_EQ(table_.entry(*file_, i - 1)->key, i * 10);
    }
    EXPECT_FALSE(table_.find(*file_, 9)->has_value());
    EXPECT_FALSE(table_.entry(*file_, entries).has_value());
    uint32_t seen = 0;
    ASSERT_TRUE(table_.each(*file_, [&](const TableEntry& entry) { seen += entry.key == (seen + 1) * 10 ? 1 : 0; }).has_value());
    EXPECT_EQ(seen, entries);
  }
}

TEST_F(TableTest, AnyFlippedBitIsGotByWithAndFound) {
  write(kTablePageEntries * 3);
  for (uint64_t offset = 8; offset < bytes_; offset += 7) {
    flip(offset);
    open();
    for (const uint32_t i : {1u, kTablePageEntries + 1, 2 * kTablePageEntries + 1}) {
      const auto found = table_.find(*file_, i * 10);
      ASSERT_TRUE(found.has_value() && found->has_value()) << offset;
      EXPECT_EQ((*found)->number, i - 1);
    }
    flip(offset);
  }
}

TEST_F(TableTest, ANoisyBlockComesBack) {
  for (const size_t text : {0u, 1u, 1000u}) {
    for (const size_t noise : {0u, 1u, 1000u}) {
      const std::string a(text, 'a'), b(noise, 'b');
      const std::string sealed = seal_block(a, b);
      const auto opened = open_block(sealed);
      ASSERT_TRUE(opened.has_value()) << opened.error().message;
      EXPECT_EQ(*opened, a + b);
      for (size_t cut = 0; cut < sealed.size(); ++cut) EXPECT_FALSE(open_block(std::string_view(sealed).substr(0, cut)).has_value());
    }
  }
}

}  // namespace
}  // namespace cairn::segment

#include "archive/log_file.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/text.h"

namespace cairn::archive {
namespace {

TEST(LogFile, CarriesRecordsUnchanged) {
  LogFileWriter writer;
  EXPECT_EQ(writer.raw_bytes(), 0u);
  writer.add(R"({"n":1.10})");
  writer.add(R"({ "odd" :"\u003d"})");
  EXPECT_EQ(writer.records(), 2u);
  const size_t before = writer.raw_bytes();
  const LogFile file = writer.finish();
  const std::string raw = R"({"Records":[{"n":1.10},{ "odd" :"\u003d"}]})";
  EXPECT_EQ(gunzip(file.gzip, 1000).value_or("?"), raw);
  EXPECT_EQ(file.sha256, text::hex(crypto::sha256(raw)));
  EXPECT_EQ(file.raw_bytes, raw.size());
  EXPECT_EQ(before + 2, raw.size());

  EXPECT_EQ(writer.records(), 0u);
  EXPECT_EQ(writer.raw_bytes(), 0u);
  writer.add("{}");
  EXPECT_EQ(gunzip(writer.finish().gzip, 1000).value_or("?"), R"({"Records":[{}]})");
}

// Bytes that look random, half compressible, so that blocks of every kind occur.
std::string bytes(size_t size) {
  std::string out;
  uint64_t state = 88172645463325252u;
  while (out.size() < size) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    if (state % 3 == 0) out += std::to_string(state);
    else out.append(state % 40, static_cast<char>('a' + state % 26));
  }
  out.resize(size);
  return out;
}

TEST(Gzip, ComesBack) {
  for (size_t size : {0, 1, 100, 65535, 65536, 65537, 131072, 3'000'000}) {
    const std::string raw = bytes(size);
    const std::string zipped = gzip(raw);
    EXPECT_EQ(zipped, gzip(raw));
    EXPECT_EQ(gunzip(zipped, size).value_or("?"), raw) << size;
    if (size > 0) {
      EXPECT_FALSE(gunzip(zipped, size - 1)) << size;
    }
  }
}

TEST(Gzip, ComesBackFedByteByByte) {
  const std::string raw = bytes(200'000);
  const std::string zipped = gzip(raw);
  Gunzip reader;
  for (int round = 0; round < 2; ++round) {
    std::string got;
    for (char c : zipped) ASSERT_TRUE(reader.feed({&c, 1}, [&](std::string_view piece) { got += piece; }));
    EXPECT_TRUE(reader.finish());
    EXPECT_EQ(got, raw);
    EXPECT_FALSE(reader.feed("x", [](std::string_view) {}));
    reader.reset();
  }
}

// RFC 1952's optional parts, as another program may have written them: extra field, name, comment, checksum of the header.
TEST(Gzip, ReadsEveryHeader) {
  const std::string plain = gzip("hello");
  const std::string body = plain.substr(10);
  std::string header("\x1f\x8b\x08\x1f\0\0\0\0\0\x03", 10);
  header += std::string("\x04\0abcd", 6);
  header += std::string("name\0", 5) + std::string("comment\0", 8);
  const std::string crc = crypto::digest(crypto::Algorithm::kCrc32, header);  // big-endian
  header += {crc[3], crc[2]};
  EXPECT_EQ(gunzip(header + body, 100).value_or("?"), "hello");
}

TEST(Gzip, IsOneMemberAndNothingBehind) {
  const std::string zipped = gzip("hello");
  EXPECT_FALSE(gunzip(zipped + zipped, 100));
  EXPECT_FALSE(gunzip(zipped + '\0', 100));
  EXPECT_FALSE(gunzip("", 100));
  EXPECT_FALSE(gunzip("hello", 100));
  EXPECT_FALSE(gunzip(R"({"Records":[]})", 100));
  for (size_t size = 0; size < zipped.size(); ++size) EXPECT_FALSE(gunzip(zipped.substr(0, size), 100)) << size;
}

TEST(Gzip, MembersFollowEachOtherIntoTheRoomThereIs) {
  const std::string members = gzip("hello, ") + gzip("") + gzip("world");
  std::string room(100, '?');
  ASSERT_EQ(gunzip_members(members, room).value_or(0), 12u);
  EXPECT_EQ(room.substr(0, 13), "hello, world?");
  for (size_t size = 0; size < 12; ++size) {
    std::string less(size, '?');
    EXPECT_EQ(gunzip_members(members, less).value_or(100), size);
    EXPECT_EQ(less, std::string_view("hello, world").substr(0, size));
  }
  EXPECT_EQ(gunzip_members("", room).value_or(100), 0u);
  EXPECT_FALSE(gunzip_members(members + "x", room));
  EXPECT_FALSE(gunzip_members("hello", room));
  for (size_t size = members.size() - gzip("world").size() + 1; size < members.size(); ++size)
    EXPECT_FALSE(gunzip_members(members.substr(0, size), room)) << size;
}

TEST(Gzip, EveryChangedBitIsNoticedButThoseThatMeanNothing) {
  const std::string raw = bytes(500);
  const std::string zipped = gzip(raw);
  for (size_t bit = 0; bit < zipped.size() * 8; ++bit) {
    std::string changed = zipped;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const auto read = gunzip(changed, 1000);
    // Time, extra flags and system, and the flag "probably text"; and some changes of the data spell the same content another way (a
    // run copied from two bytes back instead of one).
    const bool means_nothing = (bit >= 32 && bit < 80) || bit == 24;
    EXPECT_EQ(read.value_or(raw), raw) << bit;
    if (bit < 80) {
      EXPECT_EQ(read.has_value(), means_nothing) << bit;
    }
  }
}

}  // namespace
}  // namespace cairn::archive

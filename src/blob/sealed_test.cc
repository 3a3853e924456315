#include "blob/sealed.h"

#include <gtest/gtest.h>

#include <set>

#include "base/crypto.h"
#include "env/sim/files.h"
#include "env/sim/random.h"

namespace cairn::blob {
namespace {

const Secret kKey(std::string(32, 'k'));
constexpr size_t kSealedChunkBytes = kChunkBytes + 16;

/// Sizes around every boundary of chunks.
const uint64_t kSizes[] = {0, 1, 15, 16, 17, kChunkBytes - 1, kChunkBytes, kChunkBytes + 1, 2 * kChunkBytes - 1, 2 * kChunkBytes, 200'000};

struct SealedTest : testing::Test {
  env::SimRandom random{7};
  env::SimFiles files;
  std::unique_ptr<Store> store = open_directory(files, random, "/objects").value();

  /// Written in pieces of random length.
  BlobId write(std::string_view plain, const Secret& key) {
    auto writer = seal_to(store->create().value(), key);
    while (!plain.empty()) {
      const size_t n = std::min<size_t>(plain.size(), 1 + random.below(90'000));
      EXPECT_TRUE(writer->append(plain.substr(0, n)));
      plain.remove_prefix(n);
    }
    return writer->finish().value();
  }
  std::string raw(const BlobId& id) {
    auto reader = store->open(id).value();
    std::string bytes(reader->size(), '\0');
    EXPECT_EQ(reader->read(0, bytes).value(), bytes.size());
    return bytes;
  }
  /// A blob of these very bytes.
  BlobId put_raw(std::string_view bytes) {
    auto writer = store->create().value();
    EXPECT_TRUE(writer->append(bytes));
    return writer->finish().value();
  }
  env::Io<std::string> read(const BlobId& id, const Secret& key, uint64_t offset, size_t length) {
    std::string out(length, '?');
    const env::Io<size_t> got = open_from(store->open(id).value(), key)->read(offset, out);
    if (!got) return tl::unexpected(got.error());
    out.resize(*got);
    return out;
  }
};

TEST_F(SealedTest, WhatIsWrittenIsReadAndNothingOfItIsOnDisk) {
  for (const uint64_t size : kSizes) {
    SCOPED_TRACE(size);
    const std::string plain = random.bytes(size);
    const BlobId id = write(plain, kKey);
    const std::string sealed = raw(id);
    EXPECT_EQ(sealed.size(), sealed_bytes(size));
    EXPECT_EQ(plain_bytes(sealed.size()), size);
    EXPECT_EQ(open_from(store->open(id).value(), kKey)->size(), size);
    EXPECT_EQ(read(id, kKey, 0, size + 10).value(), plain);
    EXPECT_EQ(open(kKey, sealed), plain);
    EXPECT_TRUE(check_sealed(*store->open(id).value()));
    EXPECT_EQ(seal(kKey, plain), sealed) << "one format, in memory and in files";
    if (size < 16) continue;
    EXPECT_EQ(sealed.find(plain.substr(0, 16)), std::string::npos);
  }
}

TEST_F(SealedTest, EveryRangeIsWhatItSays) {
  const uint64_t size = 3 * kChunkBytes + 777;
  const std::string plain = random.bytes(size);
  const auto reader = open_from(store->open(write(plain, kKey)).value(), kKey);
  std::set<uint64_t> offsets{0, size - 1, size, size + 5};
  for (uint64_t chunk = 1; chunk <= 3; ++chunk)
    for (const int64_t by : {-1, 0, 1}) offsets.insert(chunk * kChunkBytes + static_cast<uint64_t>(by));
  for (const uint64_t from : offsets)
    for (const uint64_t to : offsets) {
      if (to < from) continue;
      std::string out(to - from, '?');
      const size_t got = reader->read(from, out).value();
      ASSERT_EQ(got, from >= size ? 0 : std::min(to, size) - from);
      ASSERT_EQ(out.substr(0, got), from >= size ? "" : plain.substr(from, got));
    }
  for (int i = 0; i < 300; ++i) {
    const uint64_t from = random.below(size), length = random.below(size - from) + 1;
    std::string out(length, '?');
    ASSERT_EQ(reader->read(from, out).value(), length);
    ASSERT_EQ(out, plain.substr(from, length));
  }
}

TEST_F(SealedTest, ADamagedChunkIsNeverReadAndTheOthersStillAre) {
  const std::string plain = random.bytes(2 * kChunkBytes + 100);
  const std::string sealed = raw(write(plain, kKey));
  for (int i = 0; i < 100; ++i) {
    std::string flipped = sealed;
    const size_t at = random.below(flipped.size());
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random.below(8)));
    const BlobId id = put_raw(flipped);
    EXPECT_FALSE(check_sealed(*store->open(id).value()));
    for (uint64_t chunk = 0; chunk < 3; ++chunk) {
      const auto got = read(id, kKey, chunk * kChunkBytes, 100);
      if (at / kSealedChunkBytes == chunk) {
        ASSERT_FALSE(got) << at;
        EXPECT_EQ(got.error().kind, env::IoFailure::kDamaged);
      } else {
        ASSERT_EQ(got.value(), plain.substr(chunk * kChunkBytes, 100));
      }
    }
    const bool is_checksum = at >= flipped.size() - 4;  // which who has the key does not need
    EXPECT_EQ(open(kKey, flipped).has_value(), is_checksum);
  }
}

TEST_F(SealedTest, ACutOrLengthenedContentDoesNotRead) {
  const std::string plain = random.bytes(2 * kChunkBytes + 100);
  const std::string sealed = raw(write(plain, kKey));
  for (const size_t size : {size_t{0}, size_t{15}, size_t{16}, kSealedChunkBytes - 1, kSealedChunkBytes, kSealedChunkBytes + 16,
                            kSealedChunkBytes + 4, 2 * kSealedChunkBytes + 4, sealed.size() - 1}) {
    EXPECT_FALSE(open(kKey, sealed.substr(0, size))) << size;
    const BlobId id = put_raw(sealed.substr(0, size));
    EXPECT_FALSE(check_sealed(*store->open(id).value())) << size;
    const uint64_t plain_size = open_from(store->open(id).value(), kKey)->size();
    EXPECT_FALSE(plain_size > 0 && read(id, kKey, plain_size - 1, 1)) << size;
  }
  EXPECT_FALSE(open(kKey, sealed + "x"));
  EXPECT_FALSE(open(kKey, sealed + std::string(16, 'x')));
  EXPECT_FALSE(open(kKey, sealed + sealed));
}

TEST_F(SealedTest, ChunksKeepTheirPlaceAndTheirContent) {
  const std::string plain = random.bytes(3 * kChunkBytes);
  // Each with a checksum that fits.
  const auto opens = [](std::string chunks) {
    const uint32_t crc = crypto::crc32c(chunks);
    for (int i = 0; i < 4; ++i) chunks += static_cast<char>(crc >> 8 * i);
    return open(kKey, chunks).has_value();
  };
  const auto chunks_of = [](std::string sealed) { return sealed.substr(0, sealed.size() - 4); };
  const std::string one = chunks_of(seal(kKey, plain)), other = chunks_of(seal(Secret(std::string(32, 'o')), plain));
  EXPECT_TRUE(opens(one));
  std::string swapped =
      one.substr(kSealedChunkBytes, kSealedChunkBytes) + one.substr(0, kSealedChunkBytes) + one.substr(2 * kSealedChunkBytes);
  EXPECT_FALSE(opens(swapped));
  std::string mixed = other.substr(0, kSealedChunkBytes) + one.substr(kSealedChunkBytes);
  EXPECT_FALSE(opens(mixed));
  EXPECT_FALSE(opens(other));
  std::string without_middle = one.substr(0, kSealedChunkBytes) + one.substr(2 * kSealedChunkBytes);
  EXPECT_FALSE(opens(without_middle));
}

TEST_F(SealedTest, AWrappedKeyOpensUnderItsKeyAndForItsPlaceOnly) {
  const std::string wrapped = wrap_key(random, kKey, Secret(std::string(32, 'c')), "bucket/key");
  EXPECT_EQ(wrapped.size(), kWrappedKeyBytes);
  EXPECT_EQ(unwrap_key(kKey, wrapped, "bucket/key")->reveal(), std::string(32, 'c'));
  EXPECT_FALSE(unwrap_key(kKey, wrapped, "bucket/other"));
  EXPECT_FALSE(unwrap_key(Secret(std::string(32, 'o')), wrapped, "bucket/key"));
  EXPECT_FALSE(unwrap_key(kKey, wrapped.substr(1), "bucket/key"));
  for (size_t i = 0; i < wrapped.size(); ++i) {
    std::string flipped = wrapped;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(unwrap_key(kKey, flipped, "bucket/key")) << i;
  }
  EXPECT_NE(wrap_key(random, kKey, kKey, "p"), wrap_key(random, kKey, kKey, "p"));
}

TEST_F(SealedTest, AWriterThatIsGivenUpLeavesNothing) {
  { EXPECT_TRUE(seal_to(store->create().value(), kKey)->append(random.bytes(300'000))); }
  size_t blobs = 0;
  store->each([&](const BlobId&) { ++blobs; });
  EXPECT_EQ(blobs, 0u);
  EXPECT_TRUE(files.list("/objects/tmp")->empty());
}

}  // namespace
}  // namespace cairn::blob

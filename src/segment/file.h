#pragma once
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/lru.h"
#include "base/result.h"
#include "env/files.h"

namespace cairn::segment {

constexpr size_t kBlockCacheBytesMax = 8 << 20;  // raw blocks kept, of all files of one store together, unless it says otherwise
constexpr size_t kOpenFilesMax = 128;            // files of one store held open

/// Where a block lies in its file, its own eight bytes included.
struct BlockAt {
  uint32_t offset = 0, length = 0;
};

/// What all files of one store share. Any thread.
struct Storage {
  struct Place {
    uint64_t file;
    uint32_t offset;
    bool operator==(const Place&) const = default;
  };
  struct HashPlace {
    size_t operator()(const Place& p) const { return (p.file * 0x9e3779b97f4a7c15) ^ (uint64_t{p.offset} * 0xd6e8feb86659fd93); }
  };
  explicit Storage(env::Files& f, size_t cache_max = kBlockCacheBytesMax)
      : files(f), open_files(kOpenFilesMax), blocks(cache_max), cache_bytes_max(cache_max) {}

  /// So many bytes less are cached until what is returned goes: for work that needs memory, once at a time.
  [[nodiscard]] std::shared_ptr<void> make_room(size_t bytes) {
    constexpr size_t kCacheBytesMin = 8 << 20;
    blocks.limit(std::max(kCacheBytesMin, cache_bytes_max - std::min(bytes, cache_bytes_max)));
    return {nullptr, [this](void*) { blocks.limit(cache_bytes_max); }};
  }

  /// Damage that a reader got by without: logged and counted, once for each message.
  void report(const Failure& damage);
  uint64_t reported() const { return reported_count_; }

  env::Files& files;
  Lru<uint64_t, env::File> open_files;
  Lru<Place, const std::string, HashPlace> blocks;
  const size_t cache_bytes_max;
  std::atomic<uint64_t> next_number{1};

 private:
  std::mutex mutex_;
  std::set<std::string> reported_;
  std::atomic<uint64_t> reported_count_{0};
};

/// An immutable file of blocks, opened to read. Any thread. docs/formats/segments.md, "File".
class File {
 public:
  using Bytes = std::shared_ptr<const std::string>;

  /// Reads the footer. `what` names the kind of file in failures ("history segment"), which name the file, too.
  static Result<std::unique_ptr<File>> open(Storage& storage, const std::string& path, std::string_view what, std::string_view magic);

  const std::string& footer() const { return footer_; }
  uint64_t bytes() const { return bytes_; }
  Result<Bytes> block(BlockAt at) const;
  /// The same for who reads all of a file, once: what others use stays cached.
  Result<Bytes> passing_block(BlockAt at) const;
  /// The same, or its copy elsewhere.
  Result<Bytes> block(BlockAt at, BlockAt twin) const;
  tl::unexpected<Failure> damaged(std::string_view what) const;
  /// Stays open from now on: its name is about to go.
  void pin();
  void report(const Failure& damage) const { storage_.report(damage); }
  /// Checks that the file is `blocks` of this checksum (see NewFile) and a footer, without a gap; and each of them.
  Result<void> verify(std::vector<BlockAt> blocks, uint32_t checksum) const;

 private:
  File(Storage& storage, std::string path, std::string_view what)
      : storage_(storage), path_(std::move(path)), what_(what), number_(storage.next_number++) {}
  Result<void> load(std::string_view magic);
  Result<void> load_footer(std::string_view magic, uint64_t trailer_at);
  Result<std::shared_ptr<env::File>> handle() const;
  Result<std::string> read(uint64_t offset, size_t length) const;

  Storage& storage_;
  const std::string path_, what_;
  const uint64_t number_;
  std::string magic_;
  uint64_t bytes_ = 0;
  std::atomic<bool> is_pinned_ = false;
  std::shared_ptr<env::File> pinned_;  // written before is_pinned_
  std::string footer_;
};

/// The same, being written: at most 4 GiB. Remembers the first failure until `finish`.
class NewFile {
 public:
  static Result<NewFile> create(env::Files& files, const std::string& path, std::string_view magic);  // eight bytes

  BlockAt add(std::string_view sealed);  // a sealed block; what would be more than 4 GiB, `finish` refuses
  /// Of what was added so far.
  uint32_t blocks() const { return blocks_; }
  uint32_t checksum() const { return checksum_; }  // of the blocks' own first eight bytes
  uint64_t bytes() const { return written_ + pending_.size(); }
  /// Writes the footer (kTwice: and its twin, to be read where the first is damaged) and syncs. Returns the file's size.
  enum class Footer { kOnce, kTwice };
  Result<uint64_t> finish(std::string_view raw_footer, Footer times = Footer::kOnce);

 private:
  NewFile(std::unique_ptr<env::File> file, std::string_view magic) : file_(std::move(file)), magic_(magic), pending_(magic) {}
  void flush();

  std::unique_ptr<env::File> file_;
  std::string magic_;
  std::string pending_;
  uint64_t written_ = 0;
  uint32_t blocks_ = 0, checksum_ = 0;
  env::Done done_;
};

}  // namespace cairn::segment

#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/lru.h"
#include "base/result.h"
#include "env/files.h"

namespace cairn::segment {

constexpr size_t kBlockCacheBytesMax = 8 << 20;  // raw blocks kept, of all files of one store together
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
  explicit Storage(env::Files& f) : files(f), open_files(kOpenFilesMax), blocks(kBlockCacheBytesMax) {}

  env::Files& files;
  Lru<uint64_t, env::File> open_files;
  Lru<Place, const std::string, HashPlace> blocks;
  std::atomic<uint64_t> next_number{1};
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
  tl::unexpected<Failure> damaged(std::string_view what) const;

 private:
  File(Storage& storage, std::string path, std::string_view what)
      : storage_(storage), path_(std::move(path)), what_(what), number_(storage.next_number++) {}
  Result<void> load(std::string_view magic);
  Result<std::shared_ptr<env::File>> handle() const;
  Result<std::string> read(uint64_t offset, size_t length) const;

  Storage& storage_;
  const std::string path_, what_;
  const uint64_t number_;
  uint64_t bytes_ = 0;
  std::string footer_;
};

/// The same, being written: at most 4 GiB. Remembers the first failure until `finish`.
class NewFile {
 public:
  static Result<NewFile> create(env::Files& files, const std::string& path, std::string_view magic);  // eight bytes

  BlockAt add(std::string_view sealed);  // a sealed block
  /// Writes the footer and syncs. Returns the file's size.
  Result<uint64_t> finish(std::string_view raw_footer);

 private:
  NewFile(std::unique_ptr<env::File> file, std::string_view magic) : file_(std::move(file)), magic_(magic), pending_(magic) {}
  void flush();

  std::unique_ptr<env::File> file_;
  std::string magic_;
  std::string pending_;
  uint64_t written_ = 0;
  env::Done done_;
};

}  // namespace cairn::segment

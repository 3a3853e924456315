#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "segment/block.h"
#include "segment/file.h"

/// Where the blocks of one sort are, by rising keys: a list in blocks of its own, so that of a large file little is kept in memory. Those
/// are written twice: much hangs on each. docs/formats/segments.md, "Table".
namespace cairn::segment {

struct TableEntry {
  uint64_t key = 0;  // the first that is in the block
  BlockAt at;
  uint64_t note = 0;  // the store's
};
constexpr uint32_t kTablePageEntries = 512;
constexpr size_t kTableEntryBytes = 24;

class TableWriter {
 public:
  void add(NewFile& out, const TableEntry& entry);
  /// What the footer says of it.
  std::string finish(NewFile& out);

 private:
  void close_page(NewFile& out);
  std::string page_, pages_;
  std::vector<std::string> sealed_;
  uint32_t count_ = 0;
};

class Table {
 public:
  /// Reads what `finish` gave; false: it cannot be.
  bool read(Reader& footer);
  uint32_t count() const { return count_; }
  /// Calls `f(entry)` for all.
  template <class F>
  Result<void> each(const File& file, F&& f) const {
    for (size_t number = 0; number < pages_.size(); ++number) {
      const auto bytes = page(file, number);
      if (!bytes) return tl::unexpected(bytes.error());
      for (size_t at = 0; at < (*bytes)->size(); at += kTableEntryBytes) f(read_entry((*bytes)->data() + at));
    }
    return {};
  }
  /// Its own blocks, for File::verify.
  void collect(std::vector<BlockAt>& out) const {
    for (const Page& page : pages_) out.insert(out.end(), {page.at, page.twin});
  }

  Result<TableEntry> entry(const File& file, uint32_t number) const;
  /// The last entry whose key is not above `key`; none: all are.
  struct Found {
    uint32_t number = 0;
    TableEntry entry;
  };
  Result<std::optional<Found>> find(const File& file, uint64_t key) const;

 private:
  struct Page {
    uint64_t first_key;
    BlockAt at, twin;
  };
  static TableEntry read_entry(const char* p) { return {get_u64(p), {get_u32(p + 8), get_u32(p + 12)}, get_u64(p + 16)}; }
  Result<File::Bytes> page(const File& file, size_t number) const;
  std::vector<Page> pages_;
  uint32_t count_ = 0;
};

}  // namespace cairn::segment

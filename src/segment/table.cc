#include "segment/table.h"

#include <algorithm>

namespace cairn::segment {

void TableWriter::add(NewFile& out, const TableEntry& entry) {
  if (page_.empty()) put_u64(pages_, entry.key);
  put_u64(page_, entry.key);
  put_u32(page_, entry.at.offset);
  put_u32(page_, entry.at.length);
  put_u64(page_, entry.note);
  ++count_;
  if (page_.size() == kTablePageEntries * kTableEntryBytes) close_page(out);
}

void TableWriter::close_page(NewFile& out) {
  sealed_.push_back(seal_block(page_));
  const BlockAt at = out.add(sealed_.back());
  put_u32(pages_, at.offset);
  put_u32(pages_, at.length);
  page_.clear();
}

std::string TableWriter::finish(NewFile& out) {
  if (!page_.empty()) close_page(out);
  std::string said;
  put_u32(said, count_);
  said += pages_;
  for (const std::string& sealed : sealed_) put_u32(said, out.add(sealed).offset);
  return said;
}

bool Table::read(Reader& footer) {
  count_ = footer.u32();
  const size_t pages = (size_t{count_} + kTablePageEntries - 1) / kTablePageEntries;
  if (!footer.ok() || pages > footer.left() / 20) return false;
  pages_.resize(pages);
  for (Page& page : pages_) {
    page.first_key = footer.u64();
    page.at = {footer.u32(), footer.u32()};
  }
  for (Page& page : pages_) page.twin = {footer.u32(), page.at.length};
  return footer.ok();
}

Result<File::Bytes> Table::page(const File& file, size_t number) const {
  auto bytes = file.block(pages_[number].at, pages_[number].twin);
  if (!bytes) return bytes;
  const size_t expected = std::min<size_t>(kTablePageEntries, count_ - number * kTablePageEntries) * kTableEntryBytes;
  if ((*bytes)->size() != expected) return file.damaged("a table has a wrong length");
  return bytes;
}

Result<TableEntry> Table::entry(const File& file, uint32_t number) const {
  if (number >= count_) return file.damaged("a reference points outside a table");
  auto bytes = page(file, number / kTablePageEntries);
  if (!bytes) return tl::unexpected(bytes.error());
  return read_entry((*bytes)->data() + number % kTablePageEntries * kTableEntryBytes);
}

Result<std::optional<Table::Found>> Table::find(const File& file, uint64_t key) const {
  const auto after = std::ranges::upper_bound(pages_, key, {}, &Page::first_key);
  if (after == pages_.begin()) return std::optional<Found>();
  const auto number = static_cast<size_t>(after - pages_.begin()) - 1;
  auto bytes = page(file, number);
  if (!bytes) return tl::unexpected(bytes.error());
  const char* p = (*bytes)->data();
  size_t low = 0, high = (*bytes)->size() / kTableEntryBytes;  // the first one above
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (get_u64(p + middle * kTableEntryBytes) <= key) low = middle + 1;
    else high = middle;
  }
  if (low == 0) return file.damaged("a table is not in order");
  return std::optional<Found>(
      Found{static_cast<uint32_t>(number * kTablePageEntries + low - 1), read_entry(p + (low - 1) * kTableEntryBytes)});
}

}  // namespace cairn::segment

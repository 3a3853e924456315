#include "history/migrate.h"

#include "base/log.h"
#include "history/segment.h"
#include "segment/block.h"

namespace cairn::history {

namespace {

using segment::get_u16;
using segment::get_u32;

constexpr std::string_view kOldMagic = "CAIRNHS1";
constexpr size_t kRowBytes = 24, kRowsPerBlock = 1024;

tl::unexpected<Failure> stuck(const Failure& why) {
  return failure(
      "{}. The history was written by an earlier version and cannot be converted as long as this file is damaged; `cairn fsck` lists all "
      "damage. Bring the file back from a backup, or move the directory away to begin with an empty history",
      why.message);
}

/// What of an old segment is to be kept: rows and records, in order. Terms are made anew.
Result<std::shared_ptr<Tail>> read_old(segment::Storage& storage, const std::string& path) {
  const auto file = segment::File::open(storage, path, "history segment", kOldMagic);
  if (!file) return tl::unexpected(file.error());
  segment::Reader in((*file)->footer());
  const uint64_t first_position = in.u64();
  in.u64();
  const uint32_t rows = in.u32();
  in.bytes(12);  // oldest, newest, terms
  const uint32_t scopes = in.u32();
  for (uint32_t i = 0; i < scopes * 2 && in.ok(); ++i) in.bytes(in.u32());
  const uint32_t blocks = in.u32();
  if (!in.ok() || blocks > in.left() / 8 || blocks != (rows + kRowsPerBlock - 1) / kRowsPerBlock)
    return (*file)->damaged("its footer contradicts itself");
  auto tail = std::make_shared<Tail>(first_position);
  json::Document document;
  segment::File::Bytes events;
  uint32_t events_at = 0;
  for (uint32_t block = 0; block < blocks; ++block) {
    const uint32_t offset = in.u32(), length = in.u32();
    const auto bytes = (*file)->block({offset, length});
    if (!bytes) return tl::unexpected(bytes.error());
    for (size_t at = 0; at + kRowBytes <= (*bytes)->size(); at += kRowBytes) {
      const char* p = (*bytes)->data() + at;
      if (!events || events_at != get_u32(p + 12)) {
        events_at = get_u32(p + 12);
        auto opened = (*file)->block({events_at, get_u32(p + 16)});
        if (!opened) return tl::unexpected(opened.error());
        events = std::move(*opened);
      }
      segment::Reader records(*events);
      for (uint32_t skipped = get_u16(p + 20) & 0x3fff; skipped > 0; --skipped) records.bytes(records.u32());
      const std::string_view record = records.bytes(records.u32());
      const auto attributes = event::attributes(record, document);
      if (!records.ok() || !attributes) return (*file)->damaged("an event lies outside its block");
      tail->add({first_position + get_u32(p), get_u32(p + 4)}, *attributes, record);
    }
  }
  if (tail->rows() != rows) return (*file)->damaged("it has another number of events than its footer says");
  tail->close_block();
  return tail;
}

}  // namespace

bool is_old(env::Files& files, const std::string& path) {
  const auto file = files.open(path, env::Files::Open::kRead);
  std::string magic(kOldMagic.size(), '\0');
  return file && (*file)->pread(0, magic) && magic == kOldMagic;
}

Result<void> migrate(env::Files& files, const std::string& store, const std::string& directory) {
  const auto found = segment::read_manifest(files, store, directory);
  if (!found || !*found) return {};  // whoever opens it says what is wrong, or begins one
  segment::Manifest manifest = **found;
  segment::Catalog catalog(files, store, directory);
  segment::Storage storage(files);
  bool told = false;
  for (segment::Manifest::Entry& entry : manifest.segments) {
    if (!is_old(files, catalog.path(entry.file))) continue;  // one that is not there is told by whoever opens it
    if (!std::exchange(told, true)) log::info("the history is converted to this version's format", {{"directory", directory}});
    const auto tail = read_old(storage, catalog.path(entry.file));
    if (!tail) return stuck(tail.error());
    const std::string before = entry.file;
    const uint64_t last_position = std::strtoull(before.c_str(), nullptr, 10);
    entry.file = fmt::format("{:020}-0.segment", last_position);
    (void)files.remove(catalog.path(entry.file));  // of an attempt that was interrupted
    const auto bytes = write_segment(files, catalog.path(entry.file), **tail, last_position);
    if (!bytes) return failure("the history cannot be converted to this version's format: {}", bytes.error().message);
    entry.bytes = *bytes;
    if (!catalog.settle() || !catalog.write(manifest))
      return failure("the history cannot be converted to this version's format: {} cannot be written", directory);
    catalog.remove(before);
  }
  return {};
}

}  // namespace cairn::history

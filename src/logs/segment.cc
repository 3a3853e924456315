#include "logs/segment.h"

#include <algorithm>

#include "logs/merge.h"
#include "segment/block.h"

namespace cairn::logs {

namespace {

constexpr std::string_view kMagic = "CAIRNLG1";

/// Puts the events of one group, whose chunks overlap in time, into chunks that do not. Returns what the footer says of them.
std::string write_group(segment::NewFile& out, const Tail::Chunks& chunks) {
  std::string directory;
  uint64_t count = 0;
  Chunk chunk;
  const auto close = [&] {
    if (chunk.empty()) return;
    const segment::BlockAt at = out.add(segment::seal_block(encode(chunk)));
    segment::put_u32(directory, at.offset);
    segment::put_u32(directory, at.length);
    segment::put_u64(directory, static_cast<uint64_t>(chunk.first()));
    segment::put_u64(directory, static_cast<uint64_t>(chunk.last()));
    segment::put_u32(directory, static_cast<uint32_t>(chunk.size()));
    ++count;
    chunk = {};
  };
  Merge merge(/*newest_first=*/false);
  for (const auto& each : chunks) merge.add(each);
  while (const std::optional<EventView> event = merge.next()) {
    chunk.add(*event);
    if (chunk.bytes() >= kChunkBytes) close();
  }
  close();
  std::string head;
  segment::put_varint(head, count);
  return head + directory;
}

}  // namespace

Result<uint64_t> write_segment(env::Files& files, const std::string& path, const Tail& tail, uint64_t last_position) {
  auto out = segment::NewFile::create(files, path, kMagic);
  if (!out) return tl::unexpected(out.error());
  std::string footer;
  segment::put_u64(footer, last_position);
  for (const std::string& group : tail.groups()) {
    segment::put_varint(footer, group.size());
    footer += group;
    footer += write_group(*out, tail.chunks_of(group));
  }
  return out->finish(footer);
}

Result<std::shared_ptr<Segment>> Segment::open(segment::Storage& storage, const std::string& directory, const std::string& file) {
  auto bytes = segment::File::open(storage, directory + "/" + file, "log segment", kMagic);
  if (!bytes) return tl::unexpected(bytes.error());
  std::shared_ptr<Segment> segment(new Segment(file, std::move(*bytes)));
  if (auto read = segment->read_footer(); !read) return tl::unexpected(read.error());
  return segment;
}

Result<void> Segment::read_footer() {
  segment::Reader in(bytes_->footer());
  last_position_ = in.u64();
  while (in.ok() && in.left() > 0) {
    const std::string name(in.bytes(in.varint()));
    Group& group = groups_[name];
    for (uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
      ChunkAt chunk;
      chunk.at.offset = in.u32();
      chunk.at.length = in.u32();
      chunk.first = static_cast<int64_t>(in.u64());
      chunk.last = static_cast<int64_t>(in.u64());
      chunk.events = in.u32();
      if (!in.ok() || chunk.events == 0 || chunk.last < chunk.first || (!group.chunks.empty() && chunk.first < group.last))
        return bytes_->damaged("its footer contradicts itself");
      group.last = chunk.last;
      events_ += chunk.events;
      group.chunks.push_back(chunk);
    }
  }
  if (!in.ok()) return bytes_->damaged("its footer is cut short");
  return {};
}

const std::vector<Segment::ChunkAt>& Segment::chunks_of(const std::string& group) const {
  static const std::vector<ChunkAt> kNone;
  const auto it = groups_.find(group);
  return it == groups_.end() ? kNone : it->second.chunks;
}

Result<std::shared_ptr<const Chunk>> Segment::read(const ChunkAt& at) const {
  auto raw = bytes_->block(at.at);
  if (!raw) return tl::unexpected(raw.error());
  Result<Chunk> chunk = decode_chunk(**raw);
  if (!chunk) return bytes_->damaged(chunk.error().message);
  if (chunk->size() != at.events || chunk->first() != at.first || chunk->last() != at.last)
    return bytes_->damaged("a chunk is not what the footer says");
  return std::make_shared<const Chunk>(std::move(*chunk));
}

Result<void> Segment::verify() const {
  for (const auto& [name, group] : groups_)
    for (const ChunkAt& at : group.chunks)
      if (auto chunk = read(at); !chunk) return tl::unexpected(chunk.error());
  return {};
}

}  // namespace cairn::logs

#include "metrics/segment.h"

#include <algorithm>

namespace cairn::metrics {
namespace {

constexpr std::string_view kMagic = "CAIRNMT1";

}  // namespace

Result<SegmentWriter> SegmentWriter::create(env::Files& files, const std::string& path) {
  auto file = segment::NewFile::create(files, path, kMagic);
  if (!file) return tl::unexpected(file.error());
  return SegmentWriter(std::move(*file));
}

void SegmentWriter::add(const std::string& key, const Slot& slot, const Summary& summary) {
  if (key != row_.key || row_bytes_ >= kBlockBytes) {
    end_row();
    row_.key = key;
  }
  newest_ = buckets_ == 0 ? slot.time : std::max(newest_, slot.time);
  ++buckets_;
  row_.buckets.push_back({slot, summary});
  row_bytes_ += 16 + 16 * summary.values().size();
}

void SegmentWriter::end_row() {
  if (row_.buckets.empty()) return;
  const int64_t oldest = row_.buckets.front().slot.time, newest = row_.buckets.back().slot.time;
  if (block_.empty()) {
    first_key_ = row_.key;
    block_oldest_ = oldest;
    block_newest_ = newest;
  }
  block_oldest_ = std::min(block_oldest_, oldest);
  block_newest_ = std::max(block_newest_, newest);
  encode(block_, row_);
  row_.buckets.clear();
  row_bytes_ = 0;
  if (block_.size() >= kBlockBytes) end_block();
}

void SegmentWriter::end_block() {
  if (block_.empty()) return;
  const segment::BlockAt at = file_.add(segment::seal_block(block_));
  segment::put_u32(directory_, at.offset);
  segment::put_u32(directory_, at.length);
  segment::put_u64(directory_, static_cast<uint64_t>(block_oldest_));
  segment::put_u64(directory_, static_cast<uint64_t>(block_newest_));
  segment::put_varint(directory_, first_key_.size());
  directory_ += first_key_;
  block_.clear();
}

Result<uint64_t> SegmentWriter::finish(uint64_t last_position, uint32_t level, int64_t written) {
  end_row();
  end_block();
  std::string footer;
  segment::put_u64(footer, last_position);
  segment::put_u64(footer, buckets_);
  segment::put_u32(footer, level);
  segment::put_u64(footer, static_cast<uint64_t>(written));
  segment::put_u64(footer, static_cast<uint64_t>(newest_));
  return file_.finish(footer + directory_);
}

Result<std::shared_ptr<Segment>> Segment::open(segment::Storage& storage, const std::string& directory, const std::string& file) {
  auto bytes = segment::File::open(storage, directory + "/" + file, "metrics segment", kMagic);
  if (!bytes) return tl::unexpected(bytes.error());
  std::shared_ptr<Segment> segment(new Segment(file, std::move(*bytes)));
  if (auto read = segment->read_footer(); !read) return tl::unexpected(read.error());
  return segment;
}

Result<void> Segment::read_footer() {
  segment::Reader in(bytes_->footer());
  last_position_ = in.u64();
  buckets_ = in.u64();
  level_ = in.u32();
  written_ = static_cast<int64_t>(in.u64());
  newest_ = static_cast<int64_t>(in.u64());
  while (in.ok() && in.left() > 0) {
    Block block;
    block.at.offset = in.u32();
    block.at.length = in.u32();
    block.oldest = static_cast<int64_t>(in.u64());
    block.newest = static_cast<int64_t>(in.u64());
    block.first_key = std::string(in.bytes(in.varint()));
    if (!blocks_.empty() && block.first_key < blocks_.back().first_key) return bytes_->damaged("its footer contradicts itself");
    blocks_.push_back(std::move(block));
  }
  if (!in.ok()) return bytes_->damaged("its footer is cut short");
  return {};
}

size_t Segment::block_of(std::string_view key) const {
  const auto at = std::ranges::lower_bound(blocks_, key, {}, [](const Block& block) { return std::string_view(block.first_key); });
  const auto number = static_cast<size_t>(at - blocks_.begin());
  return number == 0 ? 0 : number - 1;  // the one before may end with it
}

Result<std::vector<Row>> Segment::read(const Block& block) const {
  auto raw = bytes_->block(block.at);
  if (!raw) return tl::unexpected(raw.error());
  segment::Reader in(**raw);
  std::vector<Row> rows;
  while (in.ok() && in.left() > 0) rows.push_back(decode_row(in));
  if (!in.ok() || rows.empty() || rows.front().key != block.first_key) return bytes_->damaged("a block is not what the footer says");
  return rows;
}

Result<void> Segment::verify() const {
  for (const Block& block : blocks_)
    if (auto rows = read(block); !rows) return tl::unexpected(rows.error());
  return {};
}

SegmentCursor::SegmentCursor(std::shared_ptr<const Segment> segment, std::string_view from)
    : segment_(std::move(segment)), from_(from), block_(segment_->block_of(from)) {}

Result<void> SegmentCursor::next() {
  ++at_;
  return settle();
}

Result<void> SegmentCursor::settle() {
  for (;;) {
    while (at_ < rows_.size() && rows_[at_].key < from_) ++at_;
    if (at_ < rows_.size()) return {};
    rows_.clear();
    at_ = 0;
    if (block_ >= segment_->blocks().size()) return {};
    auto rows = segment_->read(segment_->blocks()[block_++]);
    if (!rows) {
      block_ = segment_->blocks().size();
      if (segment_->is_dropped()) return {};
      return tl::unexpected(rows.error());
    }
    rows_ = std::move(*rows);
  }
}

}  // namespace cairn::metrics

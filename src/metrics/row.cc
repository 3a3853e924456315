#include "metrics/row.h"

namespace cairn::metrics {
namespace {

constexpr size_t kRowBytes = 200, kBucketBytes = 80;  // beside key and values, near enough

uint64_t zigzag(int64_t v) { return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63); }
int64_t unzigzag(uint64_t v) { return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1); }

}  // namespace

Slot slot_of(int64_t seconds, uint32_t resolution, Unit unit) {
  const int64_t into = ((seconds % resolution) + resolution) % resolution;
  return {.time = seconds - into, .resolution = resolution, .unit = unit};
}

void Table::add(std::string_view key, const Slot& slot, const Summary& summary) {
  auto row = rows_.find(key);
  if (row == rows_.end()) {
    row = rows_.emplace(std::string(key), Slots()).first;
    bytes_ += kRowBytes + key.size();
  }
  const auto [at, is_new] = row->second.try_emplace(slot);
  const size_t before = is_new ? 0 : at->second.bytes();
  at->second.add(summary);
  bytes_ += at->second.bytes() - before;
  if (!is_new) return;
  bytes_ += kBucketBytes;
  ++buckets_;
}

void Table::add(const Row& row) {
  for (const Bucket& bucket : row.buckets) add(row.key, bucket.slot, bucket.summary);
}

void encode(std::string& out, const Row& row) {
  segment::put_varint(out, row.key.size());
  out += row.key;
  segment::put_varint(out, row.buckets.size());
  uint64_t before = 0;
  for (const Bucket& bucket : row.buckets) {
    const auto time = static_cast<uint64_t>(bucket.slot.time);
    segment::put_varint(out, zigzag(static_cast<int64_t>(time - before)));
    segment::put_varint(out, bucket.slot.resolution);
    segment::put_varint(out, bucket.slot.unit);
    bucket.summary.encode(out);
    before = time;
  }
}

Row decode_row(segment::Reader& in) {
  Row row;
  row.key = std::string(in.bytes(in.varint()));
  uint64_t time = 0;
  for (uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    Bucket bucket;
    time += static_cast<uint64_t>(unzigzag(in.varint()));
    bucket.slot.time = static_cast<int64_t>(time);
    bucket.slot.resolution = static_cast<uint32_t>(in.varint());
    bucket.slot.unit = static_cast<Unit>(in.varint());
    bucket.summary = Summary::decode(in);
    row.buckets.push_back(std::move(bucket));
  }
  return row;
}

std::string encode(const Table& table) {
  std::string raw;
  for (const auto& [key, slots] : table.rows()) {
    Row row{.key = key, .buckets = {}};
    for (const auto& [slot, summary] : slots) row.buckets.push_back({slot, summary});
    encode(raw, row);
  }
  return segment::seal_block(raw);
}

Result<std::vector<Row>> decode_batch(std::string_view bytes) {
  const Result<std::string> raw = segment::open_block(bytes);
  if (!raw) return tl::unexpected(raw.error());
  segment::Reader in(*raw);
  std::vector<Row> rows;
  while (in.ok() && in.left() > 0) rows.push_back(decode_row(in));
  if (!in.ok()) return failure("a batch of measurements is cut short");
  return rows;
}

}  // namespace cairn::metrics

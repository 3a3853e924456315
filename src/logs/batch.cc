#include "logs/event.h"
#include "segment/block.h"

namespace cairn::logs {

namespace {

void put_text(std::string& out, std::string_view text) {
  segment::put_varint(out, text.size());
  out += text;
}

std::string text_of(segment::Reader& in) { return std::string(in.bytes(in.varint())); }

}  // namespace

std::string encode(const Batch& batch) {
  std::string raw;
  put_text(raw, batch.group);
  put_text(raw, batch.stream);
  segment::put_u64(raw, static_cast<uint64_t>(batch.ingested));
  segment::put_varint(raw, batch.items.size());
  for (const Batch::Item& item : batch.items) {
    segment::put_u64(raw, static_cast<uint64_t>(item.timestamp));
    put_text(raw, item.message);
  }
  return segment::seal_block(raw);
}

Result<Batch> decode_batch(std::string_view bytes) {
  const Result<std::string> raw = segment::open_block(bytes);
  if (!raw) return tl::unexpected(raw.error());
  segment::Reader in(*raw);
  Batch batch;
  batch.group = text_of(in);
  batch.stream = text_of(in);
  batch.ingested = static_cast<int64_t>(in.u64());
  for (uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const auto timestamp = static_cast<int64_t>(in.u64());
    batch.items.push_back({timestamp, text_of(in)});
  }
  if (!in.ok() || in.left() != 0) return failure("a batch of log events has a wrong length");
  return batch;
}

}  // namespace cairn::logs

#include "logs/note.h"

#include "base/text.h"

namespace cairn::logs {

void append_to_note(std::string& note, const Batch& batch) {
  const std::string block = encode(batch);
  note += fmt::format("{}\n", block.size()) + block;
}

Result<std::vector<Batch>> decode_note(std::string_view note) {
  std::vector<Batch> batches;
  while (!note.empty()) {
    const size_t end = note.find('\n');
    const std::optional<uint64_t> size = end == std::string_view::npos ? std::nullopt : text::to_uint(note.substr(0, end));
    if (!size || *size > note.size() - end - 1) return failure("batches of log events: a wrong length");
    Result<Batch> batch = decode_batch(note.substr(end + 1, *size));
    if (!batch) return tl::unexpected(batch.error());
    batches.push_back(std::move(*batch));
    note.remove_prefix(end + 1 + *size);
  }
  return batches;
}

}  // namespace cairn::logs

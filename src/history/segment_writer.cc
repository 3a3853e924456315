#include <algorithm>

#include "base/check.h"
#include "base/crypto.h"
#include "history/block.h"
#include "history/segment.h"

namespace cairn::history {

namespace {

constexpr std::string_view kMagic = "CAIRNHS1";
constexpr size_t kWriteBytes = 1 << 20;

/// Appends to one new file in large writes; remembers the first failure.
class Output {
 public:
  Output(env::File& file, std::string_view begin) : file_(file), pending_(begin) {}

  /// Writes an already sealed block; returns its offset.
  uint32_t add(std::string_view sealed) {
    const uint64_t offset = written_ + pending_.size();
    CHECK(offset + sealed.size() <= 0xffffffff);
    pending_ += sealed;
    if (pending_.size() >= kWriteBytes) flush();
    return static_cast<uint32_t>(offset);
  }
  void flush() {
    if (done_) done_ = file_.pwrite(written_, pending_);
    written_ += pending_.size();
    pending_.clear();
  }
  const env::Done& done() const { return done_; }
  uint64_t size() const { return written_ + pending_.size(); }

 private:
  env::File& file_;
  std::string pending_;
  uint64_t written_ = 0;
  env::Done done_;
};

struct Directory {
  std::string text;
  uint32_t count = 0;
  void add(uint32_t offset, size_t length) {
    put_u32(text, offset);
    put_u32(text, static_cast<uint32_t>(length));
    ++count;
  }
};

void put_row(std::string& out, const Row& row, uint32_t offset, size_t length) {
  put_u32(out, row.position);
  put_u32(out, row.index);
  put_u32(out, row.time);
  put_u32(out, offset);
  put_u32(out, static_cast<uint32_t>(length));
  put_u16(out, row.place);
  put_u16(out, row.scope);
}

std::string footer(const Tail& tail, uint64_t last_position, size_t terms, const Directory& rows, const Directory& postings,
                   const Directory& term_blocks) {
  uint32_t oldest = 0xffffffff, newest = 0;
  for (const Row& row : tail.all_rows()) {
    oldest = std::min(oldest, row.time);
    newest = std::max(newest, row.time);
  }
  std::string out;
  put_u64(out, tail.first_position());
  put_u64(out, last_position);
  put_u32(out, static_cast<uint32_t>(tail.all_rows().size()));
  put_u32(out, oldest);
  put_u32(out, newest);
  put_u32(out, static_cast<uint32_t>(terms));
  put_u32(out, static_cast<uint32_t>(tail.scopes().size()));
  for (const Scope& scope : tail.scopes()) {
    for (const std::string* part : {&scope.account, &scope.region}) {
      put_u32(out, static_cast<uint32_t>(part->size()));
      out += *part;
    }
  }
  for (const Directory* directory : {&rows, &postings, &term_blocks}) {
    put_u32(out, directory->count);
    out += directory->text;
  }
  return out;
}

}  // namespace

Result<uint64_t> write_segment(env::Files& files, const std::string& path, const Tail& tail, uint64_t last_position) {
  auto file = files.open(path, env::Files::Open::kCreateNew);
  if (!file) return failure("{}", file.error().message);
  Output out(**file, kMagic);

  std::vector<uint32_t> offsets;
  for (const auto& block : tail.blocks()) offsets.push_back(out.add(*block));

  const std::vector<Row>& rows = tail.all_rows();
  Directory row_blocks, posting_blocks, term_blocks;
  std::string raw;
  auto close = [&](Directory& directory) {
    const std::string sealed = seal_block(raw);
    directory.add(out.add(sealed), sealed.size());
    raw.clear();
  };
  for (size_t i = 0; i < rows.size(); ++i) {
    put_row(raw, rows[i], offsets[rows[i].block], tail.blocks()[rows[i].block]->size());
    if (raw.size() == kRowsPerBlock * sizeof(Row)) close(row_blocks);
  }
  if (!raw.empty()) close(row_blocks);

  // Postings first: the terms point into them.
  const std::vector<Tail::Term> terms = tail.sorted_terms();
  const auto newest = static_cast<uint32_t>(rows.size()) - 1;
  std::vector<uint32_t> references;
  references.reserve(terms.size());
  uint64_t stream = 0;
  for (const Tail::Term& term : terms) {
    if (term.count == 1) {
      references.push_back(tail.postings()[term.head - 1].row);
      continue;
    }
    CHECK(stream <= 0xffffffff);
    references.push_back(static_cast<uint32_t>(stream));
    uint32_t before = newest;
    std::string list;
    for (uint32_t at = term.head; at != 0; at = tail.postings()[at - 1].older) {
      put_varint(list, before - tail.postings()[at - 1].row);
      before = tail.postings()[at - 1].row;
    }
    stream += list.size();
    for (std::string_view rest = list; !rest.empty();) {
      const std::string_view piece = rest.substr(0, kPostingBlockBytes - raw.size());
      raw += piece;
      rest.remove_prefix(piece.size());
      if (raw.size() == kPostingBlockBytes) close(posting_blocks);
    }
  }
  if (!raw.empty()) close(posting_blocks);

  for (size_t i = 0; i < terms.size(); ++i) {
    if (raw.empty()) put_u64(term_blocks.text, terms[i].hash);
    put_u64(raw, terms[i].hash);
    put_u32(raw, references[i]);
    put_u32(raw, terms[i].count);
    if ((i + 1) % kTermsPerBlock == 0 || i + 1 == terms.size()) close(term_blocks);
  }

  const std::string sealed = seal_block(footer(tail, last_position, terms.size(), row_blocks, posting_blocks, term_blocks));
  std::string trailer;
  put_u32(trailer, out.add(sealed));
  put_u32(trailer, 0);  // the offset's upper half
  put_u32(trailer, static_cast<uint32_t>(sealed.size()));
  put_u32(trailer, crypto::crc32c(trailer));
  trailer += kMagic;
  out.add(trailer);
  out.flush();
  if (!out.done()) return failure("{}", out.done().error().message);
  if (auto synced = (*file)->sync(); !synced) return failure("{}", synced.error().message);
  return out.size();
}

}  // namespace cairn::history

#include <algorithm>

#include "base/check.h"
#include "history/segment.h"
#include "segment/block.h"

namespace cairn::history {

using segment::put_u16;
using segment::put_u32;
using segment::put_u64;
using segment::put_varint;
using segment::seal_block;

namespace {

constexpr std::string_view kMagic = "CAIRNHS1";
struct Directory {
  std::string text;
  uint32_t count = 0;
  void add(segment::BlockAt at) {
    put_u32(text, at.offset);
    put_u32(text, at.length);
    ++count;
  }
};

void put_row(std::string& out, const Row& row, segment::BlockAt at) {
  put_u32(out, row.position);
  put_u32(out, row.index);
  put_u32(out, row.time);
  put_u32(out, at.offset);
  put_u32(out, at.length);
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
  auto out = segment::NewFile::create(files, path, kMagic);
  if (!out) return tl::unexpected(out.error());

  std::vector<segment::BlockAt> places;
  for (const auto& block : tail.blocks()) places.push_back(out->add(*block));

  const std::vector<Row>& rows = tail.all_rows();
  Directory row_blocks, posting_blocks, term_blocks;
  std::string raw;
  auto close = [&](Directory& directory) {
    directory.add(out->add(seal_block(raw)));
    raw.clear();
  };
  for (size_t i = 0; i < rows.size(); ++i) {
    put_row(raw, rows[i], places[rows[i].block]);
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

  return out->finish(footer(tail, last_position, terms.size(), row_blocks, posting_blocks, term_blocks));
}

}  // namespace cairn::history

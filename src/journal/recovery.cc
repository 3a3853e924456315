#include "journal/recovery.h"

#include <cstring>

#include "base/check.h"

namespace cairn::journal {

namespace {

constexpr size_t kPieceBytes = 1 << 20;           // how much is read at once
constexpr size_t kStepBytes = 8;                  // everything begins at a multiple of it

tl::unexpected<Failure> unreadable(const Segment& segment, const env::IoFailure& why) {
  return failure("journal: cannot read segment {}: {}", segment.path, why.message);
}

/// The bytes of one segment, read forward in large pieces.
class Reader {
 public:
  explicit Reader(Segment& segment) : segment_(segment) {}

  uint64_t size() const { return segment_.header.bytes; }
  /// Fewer than `size` bytes only at the end.
  Result<std::string_view> at(uint64_t offset, size_t size) {
    size = std::min<uint64_t>(size, this->size() - std::min(offset, this->size()));
    if (offset < start_ || offset + size > start_ + buffer_.size()) {
      buffer_.resize(std::min<uint64_t>(std::max(size, kPieceBytes), this->size() - offset));
      const auto got = segment_.file->pread(offset, buffer_);
      if (!got) return unreadable(segment_, got.error());
      if (*got < buffer_.size()) return failure("journal: segment {} is shorter than its header says", segment_.path);
      start_ = offset;
    }
    return std::string_view(buffer_).substr(offset - start_, size);
  }
  void free() { buffer_ = {}; }

 private:
  Segment& segment_;
  std::string buffer_;
  uint64_t start_ = 0;
};

/// Whether `bytes` are all zero.
bool is_blank(std::string_view bytes) {
  return bytes.empty() || (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

uint64_t end_of_content(std::string_view bytes) {
  const size_t last = bytes.find_last_not_of('\0');
  return last == std::string_view::npos ? 0 : last + 1;
}

Result<std::shared_ptr<Segment>> open_segment(env::Files& files, const std::string& path, uint64_t number) {
  auto segment = std::make_shared<Segment>();
  segment->path = path;
  auto file = files.open(path, env::Files::Open::kReadWrite);
  if (!file) return unreadable(*segment, file.error());
  segment->file = std::move(*file);
  std::string head(kSegmentHeaderBytes, '\0');
  const auto got = segment->file->pread(0, head);
  if (!got) return unreadable(*segment, got.error());
  const auto header = decode_segment_header(std::string_view(head).substr(0, *got));
  if (!header || header->number != number) {
    return failure("journal: the header of segment {} is damaged. Nothing was changed. Restore the file from a backup.", path);
  }
  const auto size = segment->file->size();
  if (!size) return unreadable(*segment, size.error());
  if (*size != header->bytes) {
    return failure("journal: segment {} has {} bytes, its header says {}. Nothing was changed. Restore the file from a backup.", path,
                   *size, header->bytes);
  }
  segment->header = *header;
  return segment;
}

class Finder {
 public:
  explicit Finder(std::vector<std::shared_ptr<Segment>> segments) : segments_(std::move(segments)) {}

  Result<Found> run() {
    readers_.reserve(segments_.size());
    for (const auto& segment : segments_) readers_.emplace_back(*segment);
    size_t at = 0;
    uint64_t offset = kSegmentHeaderBytes;
    while (true) {
      auto more = follow(at, offset);
      if (!more) return tl::unexpected(more.error());
      if (*more) {
        offset = segments_[at]->end;
        continue;
      }
      if (at + 1 == segments_.size()) break;
      more = follow(at + 1, kSegmentHeaderBytes);
      if (!more) return tl::unexpected(more.error());
      if (!*more) break;
      readers_[at++].free();
      offset = segments_[at]->end;
    }
    if (auto done = examine_rest(at, offset); !done) return tl::unexpected(done.error());
    if (found_.last_batch_offset != 0) {
      const auto last = readers_[at].at(found_.last_batch_offset, offset - found_.last_batch_offset);
      if (!last) return tl::unexpected(last.error());
      found_.last_batch = *last;
    }
    found_.live.assign(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(at) + 1);
    found_.spares.assign(segments_.begin() + static_cast<ptrdiff_t>(at) + 1, segments_.end());
    found_.last = {next_ - 1};
    return std::move(found_);
  }

 private:
  /// Takes the batch at `offset` if it continues the journal.
  Result<bool> follow(size_t index, uint64_t offset) {
    Segment& segment = *segments_[index];
    Reader& reader = readers_[index];
    const auto head = reader.at(offset, kBatchHeaderBytes);
    if (!head) return tl::unexpected(head.error());
    auto header = decode_batch_header(*head, segment.header.salt);
    if (!header || header->total_bytes() > reader.size() - offset) return false;
    // The first batch of a journal whose beginning was released is taken as it is; later ones must fit.
    const bool begins = next_ == 0;
    if (begins ? header->first == 0 : header->first != next_ || header->previous != found_.chain) return false;
    if (header->incarnation < found_.incarnation) return false;
    const auto whole = reader.at(offset, header->total_bytes());
    if (!whole) return tl::unexpected(whole.error());
    if (const auto bad = walk_entries(*header, whole->substr(kBatchHeaderBytes), 0, {})) {
      bad_entry_ = *bad;
      bad_segment_ = index;
      return false;
    }
    next_ = header->first + header->count;
    found_.chain = header->checksum;
    found_.incarnation = header->incarnation;
    found_.last_batch_offset = offset;
    if (segment.first == 0) segment.first = header->first;
    segment.end = offset + header->total_bytes();
    return true;
  }

  /// No batch continues at `offset` of segment `at`: damage, or a torn tail, or just the end.
  Result<void> examine_rest(size_t at, uint64_t offset) {
    if (next_ == 0) {
      return failure("journal: the beginning of segment {} is damaged. Nothing was changed. Restore the file from a backup.",
                     segments_[at]->path);
    }
    for (size_t i = at; i < segments_.size(); ++i) {
      if (auto done = examine(at, i, i == at ? offset : kSegmentHeaderBytes); !done) return done;
    }
    return {};
  }

  Result<void> examine(size_t at, size_t index, uint64_t begin) {
    Segment& segment = *segments_[index];
    Reader& reader = readers_[index];
    uint64_t torn_end = begin;
    for (uint64_t offset = begin; offset + kBatchHeaderBytes <= reader.size();) {
      const auto piece = reader.at(offset, kPieceBytes);
      if (!piece) return tl::unexpected(piece.error());
      const size_t starts = piece->size() - kBatchHeaderBytes;  // the last place in the piece where a header fits
      if (!is_blank(*piece)) {
        for (size_t i = 0; i <= starts; i += kStepBytes) {
          uint32_t magic;
          std::memcpy(&magic, piece->data() + i, sizeof magic);
          if (magic != kBatchMagic) continue;     // nearly always; the rest is slow
          const auto header = decode_batch_header(piece->substr(i, kBatchHeaderBytes), segment.header.salt);
          if (!header) continue;
          if (header->durable >= next_) return damage(at);
          torn_end = std::max(torn_end, std::min(offset + i + header->total_bytes(), reader.size()));
        }
        // A recycled file is full of its earlier life; only in a zero-filled one content means a torn write.
        if (!segment.header.recycled) torn_end = std::max(torn_end, offset + end_of_content(*piece));
        if (segment.header.recycled && offset == begin && !is_blank(piece->substr(0, kBatchHeaderBytes))) {
          torn_end = std::max(torn_end, begin + kBatchHeaderBytes);
        }
      }
      offset += starts / kStepBytes * kStepBytes + kStepBytes;
    }
    if (torn_end > begin) found_.torn.push_back({segments_[index], begin, torn_end - begin});
    return {};
  }

  Result<void> damage(size_t at) const {
    const size_t where = bad_entry_ ? bad_segment_ : at;
    return failure(
        "journal: segment {}, entry {} is damaged (checksum), although it was acknowledged: later entries say so. Nothing was "
        "changed. Restore the file from a backup.",
        segments_[where]->path, bad_entry_.value_or(next_));
  }

  std::vector<std::shared_ptr<Segment>> segments_;
  std::vector<Reader> readers_;
  Found found_;
  uint64_t next_ = segments_.front()->header.number == 1 ? 1 : 0;   // position expected; 0: the first found begins
  std::optional<uint64_t> bad_entry_;
  size_t bad_segment_ = 0;
};

}  // namespace

Result<Found> find_end(env::Files& files, const std::string& directory) {
  const auto names = files.list(directory);
  if (!names) return failure("journal: cannot list {}: {}", directory, names.error().message);
  std::vector<uint64_t> numbers;
  for (const std::string& name : *names) {
    if (const auto number = parse_segment_name(name)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  if (numbers.empty()) return Found{};
  std::vector<std::shared_ptr<Segment>> segments;
  for (const uint64_t number : numbers) {
    if (!segments.empty() && number != segments.back()->header.number + 1) {
      return failure("journal: segment {}/{} is missing. Nothing was changed. Restore the file from a backup.", directory,
                     segment_name(segments.back()->header.number + 1));
    }
    auto segment = open_segment(files, directory + "/" + segment_name(number), number);
    if (!segment) return tl::unexpected(segment.error());
    segments.push_back(std::move(*segment));
  }
  return Finder(std::move(segments)).run();
}

env::Done cut(const std::vector<TornTail>& torn) {
  for (const TornTail& tail : torn) {
    for (uint64_t done = 0; done < tail.bytes;) {
      const uint64_t bytes = std::min<uint64_t>(kPieceBytes, tail.bytes - done);
      if (auto written = tail.segment->file->pwrite(tail.offset + done, std::string(bytes, '\0')); !written) return written;
      done += bytes;
    }
    if (auto synced = tail.segment->file->sync(); !synced) return synced;
  }
  return {};
}

}  // namespace cairn::journal

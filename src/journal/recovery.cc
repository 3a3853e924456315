#include "journal/recovery.h"

#include <cstring>

#include "base/check.h"

namespace cairn::journal {

namespace {

constexpr size_t kPieceBytes = 1 << 20;  // how much is read at once
constexpr size_t kStepBytes = 8;         // everything begins at a multiple of it

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
    while (true) {
      auto more = follow(at_, offset_);
      for (size_t next = at_ + 1; more && !*more && next < segments_.size(); ++next) more = follow(next, kSegmentHeaderBytes);
      if (more && !*more) more = examine_rest();
      if (!more) return tl::unexpected(more.error());
      if (!*more) break;
    }
    if (last_ && last_->count > 0) {
      const uint64_t offset = offset_ - last_->total_bytes();
      const auto bytes = readers_[at_].at(offset, last_->total_bytes());
      if (!bytes) return tl::unexpected(bytes.error());
      found_.doubtful = Doubtful{*last_, std::string(*bytes), offset};
    }
    const auto end = segments_.begin() + static_cast<ptrdiff_t>(at_) + 1;
    found_.live.assign(segments_.begin(), end);
    found_.spares.assign(end, segments_.end());
    found_.last = {next_ - 1};
    if (last_) {
      found_.incarnation = last_->incarnation;
      found_.chain = last_->checksum;
    }
    return std::move(found_);
  }

 private:
  bool continues(const BatchHeader& header) const {
    // The first batch of a journal whose beginning was released is taken as it is.
    if (next_ == 0) return header.first != 0;
    if (last_ && header.incarnation < last_->incarnation) return false;
    if (header.first == next_ && header.previous == (last_ ? last_->checksum : 0)) return true;
    const bool repeats =
        last_ && last_->count > 0 && header.count == last_->count && header.first == last_->first && header.previous == last_->previous;
    return repeats;
  }

  /// Takes the batch at `offset` of a segment, if it continues the journal, and goes behind it.
  Result<bool> follow(size_t index, uint64_t offset) {
    Segment& segment = *segments_[index];
    Reader& reader = readers_[index];
    const auto head = reader.at(offset, kBatchHeaderBytes);
    if (!head) return tl::unexpected(head.error());
    const auto header = decode_batch_header(*head, segment.header.salt);
    if (!header || header->total_bytes() > reader.size() - offset || !continues(*header)) return false;
    const auto whole = reader.at(offset, header->total_bytes());
    if (!whole) return tl::unexpected(whole.error());
    if (const auto bad = walk_entries(*header, whole->substr(kBatchHeaderBytes), 0, {})) {
      bad_entry_ = *bad;
      bad_segment_ = index;
      return false;
    }
    bad_entry_.reset();
    last_ = header;
    next_ = header->first + header->count;
    for (; at_ < index; ++at_) {
      readers_[at_].free();
      if (segments_[at_]->first == 0) segments_[at_]->first = header->first;  // skipped: what it held is repeated here
    }
    if (segment.first == 0) segment.first = header->first;
    segment.end = offset + header->total_bytes();
    ++segment.batches;
    offset_ = segment.end;
    return true;
  }

  /// No batch continues here: damage, or a torn tail, or just the end. True: a repeat was found behind, go on.
  Result<bool> examine_rest() {
    if (next_ == 0) {
      return failure("journal: the beginning of segment {} is damaged. Nothing was changed. Restore the file from a backup.",
                     segments_[at_]->path);
    }
    for (size_t i = at_; i < segments_.size(); ++i) {
      const auto more = examine(i, i == at_ ? offset_ : kSegmentHeaderBytes);
      if (!more || *more) return more;
    }
    return false;
  }

  Result<bool> examine(size_t index, uint64_t begin) {
    Segment& segment = *segments_[index];
    Reader& reader = readers_[index];
    uint64_t torn_end = begin;
    for (uint64_t offset = begin; offset + kBatchHeaderBytes <= reader.size();) {
      auto piece = reader.at(offset, kPieceBytes);
      if (!piece) return tl::unexpected(piece.error());
      const size_t starts = piece->size() - kBatchHeaderBytes;  // the last place in the piece where a header fits
      if (!is_blank(*piece)) {
        for (size_t i = 0; i <= starts; i += kStepBytes) {
          uint32_t magic;
          std::memcpy(&magic, piece->data() + i, sizeof magic);
          if (magic != kBatchMagic) continue;  // nearly always; the rest is slow
          const auto header = decode_batch_header(piece->substr(i, kBatchHeaderBytes), segment.header.salt);
          if (!header) continue;
          if (index <= at_ + 1 && offset + i == begin + header->total_bytes() && continues(*header)) {
            if (const auto repeat = follow_repeat(index, begin, offset + i, *header); !repeat || *repeat) return repeat;
            piece = reader.at(offset, kPieceBytes);
            if (!piece) return tl::unexpected(piece.error());
          }
          if (header->durable >= next_) return damage();
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
    return false;
  }

  /// The batch at `offset` continues the journal, though not where it should: a repeat, whose original at `begin` is gone.
  Result<bool> follow_repeat(size_t index, uint64_t begin, uint64_t offset, const BatchHeader& header) {
    const auto taken = follow(index, offset);
    if (!taken || !*taken) return taken;
    const auto bytes = readers_[index].at(offset, header.total_bytes());
    if (!bytes) return tl::unexpected(bytes.error());
    found_.repairs.push_back({segments_[index], begin, std::string(*bytes)});
    return true;
  }

  tl::unexpected<Failure> damage() const {
    const size_t where = bad_entry_ ? bad_segment_ : at_;
    return failure(
        "journal: segment {}, entry {} is damaged (checksum), although it was acknowledged: later entries say so. Nothing was "
        "changed. Restore the file from a backup.",
        segments_[where]->path, bad_entry_.value_or(next_));
  }

  std::vector<std::shared_ptr<Segment>> segments_;
  std::vector<Reader> readers_;
  Found found_;
  size_t at_ = 0;                          // where the next batch is expected: segment ...
  uint64_t offset_ = kSegmentHeaderBytes;  // ... and place in it
  std::optional<BatchHeader> last_;
  uint64_t next_ = segments_.front()->header.number == 1 ? 1 : 0;  // position expected; 0: the first found begins
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

env::Done mend(const std::vector<TornTail>& torn, const std::vector<Repair>& repairs) {
  for (const TornTail& tail : torn) {
    for (uint64_t done = 0; done < tail.bytes;) {
      const uint64_t bytes = std::min<uint64_t>(kPieceBytes, tail.bytes - done);
      if (auto written = tail.segment->file->pwrite(tail.offset + done, std::string(bytes, '\0')); !written) return written;
      done += bytes;
    }
    if (auto synced = tail.segment->file->sync(); !synced) return synced;
  }
  for (const Repair& repair : repairs) {
    if (auto written = repair.segment->file->pwrite(repair.offset, repair.bytes); !written) return written;
    if (auto synced = repair.segment->file->sync(); !synced) return synced;
  }
  return {};
}

}  // namespace cairn::journal

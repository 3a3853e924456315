#include "journal/segment_maker.h"

#include "base/check.h"

namespace cairn::journal {

namespace {
constexpr uint64_t kFillBytes = 1 << 20;        // zeroed and synced per step: long syncs would delay those of batches
constexpr uint64_t kFillAtOnceBytes = 2 << 20;  // a small segment is filled in one step: somebody waits for a new journal's first
constexpr uint64_t kWriteBytes = 64 << 10;
}  // namespace

SegmentMaker::SegmentMaker(env::Files& files, env::Random& random, std::string directory)
    : files_(files), random_(random), directory_(std::move(directory)), temporary_(directory_ + "/spare.tmp") {}

uint64_t SegmentMaker::salt() {
  uint64_t salt = 0;
  random_.fill(std::as_writable_bytes(std::span(&salt, 1)));
  return salt;
}

env::Done SegmentMaker::begin(uint64_t number, uint64_t bytes) {
  CHECK(!busy());
  if (const auto removed = files_.remove(temporary_); !removed && removed.error().kind != env::IoFailure::kNotFound) return removed;
  auto file = files_.open(temporary_, env::Files::Open::kCreateNew);
  if (!file) return tl::unexpected(file.error());
  making_ = std::make_shared<Segment>();
  making_->header = {.number = number, .bytes = bytes, .salt = salt(), .recycled = false};
  making_->file = std::move(*file);
  filled_ = 0;
  return {};
}

env::Done SegmentMaker::begin_recycled(uint64_t number, const Segment& old) {
  CHECK(!busy());
  auto file = files_.open(old.path, env::Files::Open::kReadWrite);
  if (!file) return tl::unexpected(file.error());
  if (auto renamed = files_.rename(old.path, temporary_); !renamed) return renamed;
  making_ = std::make_shared<Segment>();
  making_->header = {.number = number, .bytes = old.header.bytes, .salt = salt(), .recycled = true};
  making_->file = std::move(*file);
  filled_ = old.header.bytes;
  return {};
}

env::Io<std::shared_ptr<Segment>> SegmentMaker::step() {
  CHECK(busy());
  auto made = advance();
  if (!made) {
    making_.reset();
    (void)files_.remove(temporary_);  // gives its space back; if even that fails, the next begin tries again
  } else if (*made) {
    making_.reset();
  }
  return made;
}

env::Io<std::shared_ptr<Segment>> SegmentMaker::advance() {
  Segment& segment = *making_;
  if (filled_ < segment.header.bytes) {
    const uint64_t piece = segment.header.bytes <= kFillAtOnceBytes ? segment.header.bytes : kFillBytes;
    const std::string zeroes(kWriteBytes, '\0');
    for (const uint64_t end = std::min(filled_ + piece, segment.header.bytes); filled_ < end;) {
      const uint64_t bytes = std::min(kWriteBytes, end - filled_);
      if (auto done = segment.file->pwrite(filled_, std::string_view(zeroes).substr(0, bytes)); !done) return tl::unexpected(done.error());
      filled_ += bytes;
    }
    if (filled_ < segment.header.bytes) {
      if (auto done = segment.file->sync(); !done) return tl::unexpected(done.error());
      return nullptr;
    }
  }
  // The old name of a recycled file must be gone for good before its header changes.
  if (segment.header.recycled) {
    if (auto done = files_.sync_directory(directory_); !done) return tl::unexpected(done.error());
  }
  std::string head = encode_segment_header(segment.header);
  head.append(kBatchHeaderBytes, '\0');
  if (auto done = segment.file->pwrite(0, head); !done) return tl::unexpected(done.error());
  if (auto done = segment.file->sync(); !done) return tl::unexpected(done.error());
  segment.path = directory_ + "/" + segment.name();
  if (auto done = files_.rename(temporary_, segment.path); !done) return tl::unexpected(done.error());
  if (auto done = files_.sync_directory(directory_); !done) {
    // It may or may not have its name: take it back, so that the number can be used again.
    (void)files_.rename(segment.path, temporary_);
    return tl::unexpected(done.error());
  }
  return making_;
}

}  // namespace cairn::journal

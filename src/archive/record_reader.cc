#include "archive/record_reader.h"

#include <algorithm>

namespace cairn::archive {
namespace {

constexpr size_t kFillBytes = 64 << 10;   // wanted at once, so that few records are looked at twice
constexpr size_t kPackedBytes = 4 << 10;  // unpacked at once: 4 MB at most, whatever they hold
constexpr char kGzip = '\x1f';            // begins no JSON

}  // namespace

void RecordReader::read(Bytes bytes) {
  bytes_ = std::move(bytes);
  pending_ = {};
  packed_ = began_ = ended_ = false;
  failed_.reset();
  buffer_.clear();
  offset_ = 0;
  records_ = LogRecords("", false);
}

/// Doubles what is held, and at least fills it.
Result<void> RecordReader::grow() {
  const size_t wanted = std::max(buffer_.size() * 2, buffer_.size() + kFillBytes);
  while (!ended_ && buffer_.size() < wanted) {
    if (pending_.empty()) {
      const auto more = bytes_();
      if (!more) return tl::unexpected(more.error());
      pending_ = *more;
    }
    if (pending_.empty()) {
      ended_ = true;
      return packed_ ? gunzip_.finish() : Result<void>();
    }
    if (!std::exchange(began_, true) && pending_.starts_with(kGzip)) {
      packed_ = true;
      gunzip_.reset();
    }
    const std::string_view part = pending_.substr(0, packed_ ? kPackedBytes : kFillBytes);
    size_t taken = part.size();
    if (!packed_) {
      buffer_ += part;
    } else {
      const auto fed = gunzip_.feed_member(part, [this](std::string_view piece) { buffer_ += piece; });
      if (!fed) return tl::unexpected(fed.error());
      taken = *fed;
      if (taken < part.size()) gunzip_.reset();  // the next member
    }
    pending_.remove_prefix(taken);
  }
  return {};
}

Result<std::optional<std::string_view>> RecordReader::next() {
  while (true) {
    if (const auto item = records_.next()) {
      if (!item->problem.empty()) return failure("{} at byte {}", item->problem, offset_ + item->offset);
      if (item->record.size() > kRecordBytesMax) return failure("a record of more than 16 MB at byte {}", offset_ + item->offset);
      return item->record;
    }
    if (ended_) {
      if (const auto why = std::exchange(failed_, std::nullopt)) return tl::unexpected(*why);
      return std::nullopt;
    }
    const bool first = !began_;
    const size_t done = records_.consumed();
    buffer_.erase(0, done);
    offset_ += done;
    if (buffer_.size() > kRecordBytesMax) failed_ = Failure{fmt::format("a record of more than 16 MB at byte {}", offset_)};
    else if (auto grown = grow(); !grown) failed_ = grown.error();
    ended_ = ended_ || failed_;  // what is whole before it is given first
    if (first) records_ = LogRecords(buffer_, ended_ && !failed_);
    else records_.go_on(buffer_, ended_ && !failed_);
  }
}

}  // namespace cairn::archive

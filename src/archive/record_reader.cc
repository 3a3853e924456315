#include "archive/record_reader.h"

#include <algorithm>

#include "base/json_cursor.h"

namespace cairn::archive {
namespace {

constexpr size_t kFillBytes = 64 << 10;   // wanted at once, so that few records are looked at twice
constexpr size_t kPackedBytes = 4 << 10;  // unpacked at once: 4 MB at most, whatever they hold
constexpr size_t kWordBytesMax = 5;       // false
constexpr char kGzip = '\x1f';            // begins no JSON
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

tl::unexpected<Failure> RecordReader::bad(std::string_view what) const { return failure("{} at byte {}", what, offset_); }

void RecordReader::read(Bytes bytes) {
  bytes_ = std::move(bytes);
  pending_ = {};
  packed_ = began_ = ended_ = wrapped_ = false;
  buffer_.clear();
  at_ = 0;
  offset_ = 0;
  place_ = Place::kOutside;
}

Result<bool> RecordReader::grow() {
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  const size_t before = buffer_.size();
  while (!ended_ && buffer_.size() < before + kFillBytes) {
    if (pending_.empty()) {
      const auto more = bytes_();
      if (!more) return tl::unexpected(more.error());
      pending_ = *more;
    }
    if (pending_.empty()) {
      ended_ = true;
      if (packed_) {
        if (auto whole = gunzip_.finish(); !whole) return tl::unexpected(whole.error());
      }
      break;
    }
    if (!std::exchange(began_, true) && pending_.starts_with(kGzip)) {
      packed_ = true;
      gunzip_.reset();
    }
    if (!packed_) {
      const size_t taken = std::min(pending_.size(), kFillBytes);
      buffer_ += pending_.substr(0, taken);
      pending_.remove_prefix(taken);
      continue;
    }
    const std::string_view packed = pending_.substr(0, kPackedBytes);
    const auto taken = gunzip_.feed_member(packed, [this](std::string_view piece) { buffer_ += piece; });
    if (!taken) return tl::unexpected(taken.error());
    if (*taken < packed.size()) gunzip_.reset();  // the next member
    pending_.remove_prefix(*taken);
  }
  return buffer_.size() > before;
}

Result<std::optional<char>> RecordReader::at() {
  while (true) {
    while (at_ < buffer_.size()) {
      const char c = buffer_[at_];
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return c;
      step(1);
    }
    const auto grown = grow();
    if (!grown) return tl::unexpected(grown.error());
    if (!*grown) return std::nullopt;
    if (offset_ == 0 && rest().starts_with(kByteOrderMark)) step(kByteOrderMark.size());
  }
}

Result<std::string_view> RecordReader::object() {
  while (true) {
    json::Cursor cursor(rest());
    if (cursor.peek() != json::Cursor::Kind::kObject) return bad("no record begins");
    if (cursor.skip()) {
      const std::string_view record = rest().substr(0, cursor.offset());
      if (record.size() > kRecordBytesMax) return bad("a record is too long");
      step(record.size());
      return record;
    }
    if (cursor.error() == json::Cursor::Error::kTooDeep) return bad("a record is nested too deeply");
    const bool cut = cursor.error() == json::Cursor::Error::kEnd;
    const bool may_be_cut = cut || (!ended_ && cursor.offset() + kWordBytesMax > rest().size());  // within a word, it looks like another
    if (!may_be_cut) {
      step(cursor.offset());
      return bad("the JSON is broken");
    }
    if (rest().size() > kRecordBytesMax) return bad("a record is too long");
    const size_t before = rest().size();
    for (bool more = true; more && rest().size() < before * 2;) {
      const auto grown = grow();
      if (!grown) return tl::unexpected(grown.error());
      more = *grown;
    }
    if (cut && rest().size() == before) return bad("the file ends within the record");
  }
}

Result<std::optional<std::string_view>> RecordReader::next() {
  while (true) {
    const auto c = at();
    if (!c) return tl::unexpected(c.error());
    if (!*c) {
      if (place_ != Place::kOutside) return bad("the file ends within its records");
      return std::nullopt;
    }
    switch (place_) {
      case Place::kOutside: {
        json::Cursor cursor(rest());
        json::Cursor::Text name;
        const bool is_array = **c == '[';
        // The name is short: only where the bytes end right here more are wanted.
        if (!is_array && rest().size() < 64 && !ended_) {
          if (const auto grown = grow(); !grown) return tl::unexpected(grown.error());
          cursor = json::Cursor(rest());
        }
        wrapped_ = **c == '{' && cursor.enter_object() && cursor.next_member(name) && name.raw == "Records" &&
                   cursor.peek() == json::Cursor::Kind::kArray;
        if (!is_array && !wrapped_) {
          const auto record = object();
          if (!record) return tl::unexpected(record.error());
          return *record;
        }
        step(is_array ? 1 : cursor.offset() + 1);
        place_ = Place::kFirstElement;
        break;
      }
      case Place::kFirstElement:
      case Place::kNextElement: {
        const bool first = place_ == Place::kFirstElement;
        if (**c == ']') {
          step(1);
          place_ = wrapped_ ? Place::kBehindElements : Place::kOutside;
          break;
        }
        if (!first) {
          if (**c != ',') return bad("a comma is missing between records");
          step(1);
          if (const auto begin = at(); !begin) return tl::unexpected(begin.error());
        }
        const auto record = object();
        if (!record) return tl::unexpected(record.error());
        place_ = Place::kNextElement;
        return *record;
      }
      case Place::kBehindElements:
        if (**c != '}') return bad("something follows the records");
        step(1);
        place_ = Place::kOutside;
        break;
    }
  }
}

}  // namespace cairn::archive

#include "journal/entry.h"

namespace cairn::journal {

namespace {

constexpr char kEntryVersion = 1;
constexpr char kErase = 0;
constexpr char kPut = 1;

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void put_string(std::string& out, std::string_view s) {
  put_varint(out, s.size());
  out += s;
}

/// Takes pieces off the front; after a failure everything else fails as well.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}

  bool good() const { return good_; }
  bool at_end() const { return rest_.empty(); }

  char byte() {
    if (rest_.empty()) return fail();
    const char b = rest_.front();
    rest_.remove_prefix(1);
    return b;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto b = static_cast<unsigned char>(byte());
      if (!good_ || (shift == 63 && b > 1)) break;
      value |= static_cast<uint64_t>(b & 0x7f) << shift;
      if (b < 0x80) return value;
    }
    fail();
    return 0;
  }
  std::string_view string() {
    const uint64_t size = varint();
    if (!good_ || size > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view s = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return s;
  }

 private:
  char fail() {
    good_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::string encode_entry(std::span<const std::string> records, std::span<const Change> changes) {
  constexpr size_t kLengthsMax = 11;  // kind and length of one string, at most; a hint only
  size_t bytes = 1 + 2 * kLengthsMax;
  for (const std::string& record : records) bytes += record.size() + kLengthsMax;
  for (const Change& change : changes) bytes += change.key.size() + (change.value ? change.value->size() : 0) + 2 * kLengthsMax;
  std::string out;
  out.reserve(bytes);
  out += kEntryVersion;
  put_varint(out, records.size());
  for (const std::string& record : records) put_string(out, record);
  put_varint(out, changes.size());
  for (const Change& change : changes) {
    out += change.value ? kPut : kErase;
    put_string(out, change.key);
    if (change.value) put_string(out, *change.value);
  }
  return out;
}

Result<EntryView> decode_entry(std::string_view bytes) {
  Cursor in(bytes);
  EntryView view;
  if (in.byte() != kEntryVersion) return failure("journal entry: unknown version");
  // Counts come from outside: loops end at the first missing piece, nothing is reserved.
  for (uint64_t n = in.varint(); n > 0 && in.good(); --n) view.records.push_back(in.string());
  for (uint64_t n = in.varint(); n > 0 && in.good(); --n) {
    const char kind = in.byte();
    if (kind != kErase && kind != kPut) return failure("journal entry: unknown kind of change");
    ChangeView change{in.string(), std::nullopt};
    if (kind == kPut) change.value = in.string();
    view.changes.push_back(change);
  }
  if (!in.good() || !in.at_end()) return failure("journal entry: wrong length");
  return view;
}

}  // namespace cairn::journal

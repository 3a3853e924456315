#include <cstdint>
#include <string>
#include <string_view>

#include "archive/log_file.h"
#include "archive/log_records.h"
#include "base/check.h"

/// Any bytes give the same records, whole or in pieces.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string room(1 << 20, '\0');
  if (const auto bytes = cairn::archive::gunzip_members(text, room)) CHECK(*bytes <= room.size());
  cairn::archive::LogRecords whole(text);
  std::string buffer;
  cairn::archive::LogRecords pieces("", false);
  auto next_piece = [&, at = size_t{0}]() mutable -> std::optional<cairn::archive::LogRecords::Item> {
    while (true) {
      if (auto item = pieces.next()) return item;
      if (at == text.size()) return std::nullopt;
      buffer.erase(0, pieces.consumed());
      const size_t n = std::min<size_t>(1 + at % 7, text.size() - at);
      buffer += text.substr(at, n);
      at += n;
      pieces.go_on(buffer, at == text.size());
    }
  };
  size_t offset = 0;
  const bool has_mark = text.starts_with("\xEF\xBB\xBF");
  while (true) {
    const auto one = whole.next();
    if (one) {
      CHECK(one->offset >= offset && one->offset + one->record.size() <= text.size());
      offset = one->offset;
      if (!one->record.empty()) CHECK(one->record.front() == '{');
    }
    if (!has_mark) {
      const auto other = next_piece();
      CHECK(one.has_value() == other.has_value());
      if (one) CHECK(one->record == other->record && one->problem == other->problem && one->number == other->number);
    }
    if (!one) return 0;
  }
}

// Bytes that are no log file: they give records and problems, the same however they come in pieces.
#include "archive/record_reader.h"
#include "base/check.h"

namespace {

std::vector<std::string> read(std::string_view file, size_t step) {
  cairn::archive::RecordReader reader([&]() -> cairn::Result<std::string_view> {
    const std::string_view piece = file.substr(0, step);
    file.remove_prefix(piece.size());
    return piece;
  });
  std::vector<std::string> records;
  while (true) {
    const auto record = reader.next();
    if (record && !*record) return records;
    records.push_back(record ? std::string(**record) : "! " + record.error().message);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(bytes), size);
  const auto records = read(file, 1 << 20);
  for (const std::string& record : records) CHECK(record.starts_with("! ") || record.starts_with("{"));
  CHECK(file.starts_with("\x1f\x8b") || read(file, 3) == records);
  return 0;
}

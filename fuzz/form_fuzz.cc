// Forms of browsers, in two pieces and in one: both must read the same.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "http/form.h"

namespace {

using cairn::http::FormReader;

std::string read(const std::vector<std::string_view>& pieces) {
  FormReader reader("B");
  std::string seen;
  for (const std::string_view piece : pieces) {
    reader.feed(piece);
    for (bool more = true; more;) {
      switch (reader.next()) {
        case FormReader::Step::kPart:
          seen += "<" + reader.name() + ":" + reader.filename().value_or("") + ">";
          break;
        case FormReader::Step::kData:
          seen += reader.data();
          break;
        case FormReader::Step::kPartEnd:
          seen += "</>";
          break;
        case FormReader::Step::kMalformed:
          return seen + "!";
        case FormReader::Step::kEnd:
          if (!seen.ends_with("<end>")) seen += "<end>";
          more = false;
          break;
        case FormReader::Step::kNeedsMore:
          more = false;
          break;
      }
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)FormReader::boundary(bytes);
  const std::string form = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + std::string(bytes);
  const std::string whole = read({form});
  const size_t at = size == 0 ? 0 : data[0] % (form.size() + 1);
  const std::string split = read({std::string_view(form).substr(0, at), std::string_view(form).substr(at)});
  // Data of a part that turns out malformed may be seen to a different extent; all else is the same.
  if (!whole.ends_with("!")) CHECK(split == whole);
  else CHECK(split.ends_with("!"));
  return 0;
}

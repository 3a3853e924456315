#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "blob/sealed.h"

/// Any bytes whatever as a sealed content and as a wrapped key: reading them ends, and nothing opens that nobody sealed.
namespace {

using namespace cairn;

class Bytes final : public blob::Reader {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  env::Io<size_t> read(uint64_t offset, std::span<char> out) override {
    if (offset >= bytes_.size()) return 0;
    const std::string_view rest = bytes_.substr(offset).substr(0, out.size());
    std::ranges::copy(rest, out.begin());
    return rest.size();
  }
  uint64_t size() const override { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Secret key(std::string(32, 'k'));
  CHECK(!blob::open(key, bytes));
  CHECK(!blob::unwrap_key(key, bytes, "place"));
  const auto reader = blob::open_from(std::make_shared<Bytes>(bytes), key);
  CHECK(reader->size() <= size);
  std::string out(100, '?');
  const env::Io<size_t> got = reader->read(size > 0 ? data[0] * 997u : 0u, out);
  CHECK(!got || *got == 0);
  // What somebody sealed opens, whatever it is.
  CHECK(blob::open(key, blob::seal(key, bytes)) == bytes);
  return 0;
}

#include "archive/gzip_stream.h"

#include <isa-l/igzip_lib.h>

#include <vector>

#include "base/check.h"

namespace cairn::archive {

struct GzipStream::Impl {
  isal_zstream stream;
  std::vector<uint8_t> level_buffer = std::vector<uint8_t>(ISAL_DEF_LVL1_DEFAULT);
};

GzipStream::GzipStream() : impl_(std::make_unique<Impl>()) {
  isal_zstream& stream = impl_->stream;
  isal_deflate_init(&stream);
  stream.gzip_flag = IGZIP_GZIP;
  stream.level = 1;
  stream.level_buf = impl_->level_buffer.data();
  stream.level_buf_size = static_cast<uint32_t>(impl_->level_buffer.size());
}
GzipStream::~GzipStream() = default;

std::string GzipStream::feed(std::string_view bytes) { return bytes.empty() ? std::string() : run(bytes, false); }
std::string GzipStream::finish() { return run({}, true); }

std::string GzipStream::run(std::string_view bytes, bool is_last) {
  constexpr size_t kPieceBytes = 64 << 10;
  isal_zstream& stream = impl_->stream;
  stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(bytes.data()));  // it only reads
  stream.avail_in = static_cast<uint32_t>(bytes.size());
  stream.end_of_stream = is_last ? 1 : 0;
  std::string out;
  do {
    const size_t size = out.size();
    out.resize(size + kPieceBytes);
    stream.next_out = reinterpret_cast<uint8_t*>(out.data() + size);
    stream.avail_out = kPieceBytes;
    CHECK(isal_deflate(&stream) == COMP_OK);
    out.resize(size + kPieceBytes - stream.avail_out);
  } while (stream.avail_out == 0 || stream.avail_in > 0);
  return out;
}

}  // namespace cairn::archive

// Any bytes as a request: the head parser and the chunked decoder take or refuse them, point nowhere but into them, and come
// to the same end however the bytes are cut.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/check.h"
#include "http/parser.h"

namespace {

using cairn::http::ChunkedDecoder;

constexpr size_t kHeadBytesMax = 4096, kHeadersMax = 32;

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

bool has_line_break(std::string_view s) { return s.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos; }

/// Returns the length of the head, 0 if there is none.
size_t check_head(std::string_view in) {
  const auto result = cairn::http::parse_head(in, kHeadBytesMax, kHeadersMax);
  if (!result) {
    CHECK(result.error().status >= 400 && result.error().status < 600);
    return 0;
  }
  if (result->bytes == 0) {
    CHECK(in.size() < kHeadBytesMax);
    return 0;
  }
  const std::string_view bytes = in.substr(0, result->bytes);
  const auto& head = result->head;
  CHECK(result->bytes <= std::min(in.size(), kHeadBytesMax) && bytes.ends_with("\r\n\r\n"));
  CHECK(!head.method.empty() && !head.target.empty());
  for (const std::string_view part : {head.method, head.target, head.path, head.query}) CHECK(inside(part, bytes) && !has_line_break(part));
  CHECK(head.headers.size() <= kHeadersMax);
  for (const auto& header : head.headers) {
    CHECK(inside(header.name, bytes) && inside(header.value, bytes));
    CHECK(!header.name.empty() && !has_line_break(header.name) && !has_line_break(header.value));
    CHECK(head.header(header.name).has_value());
  }
  CHECK(!(head.chunked && head.content_length));
  // A head is known as such only by its last byte.
  const auto shorter = cairn::http::parse_head(in.substr(0, result->bytes - 1), kHeadBytesMax, kHeadersMax);
  CHECK(shorter && shorter->bytes == 0);
  const auto alone = cairn::http::parse_head(bytes, kHeadBytesMax, kHeadersMax);
  CHECK(alone && alone->bytes == result->bytes);
  return result->bytes;
}

struct Decoded {
  ChunkedDecoder::State state = ChunkedDecoder::State::kMore;
  std::string payload;
  size_t consumed = 0;
};

Decoded decode(std::string_view in, size_t step) {
  ChunkedDecoder decoder;
  Decoded result;
  while (result.state == ChunkedDecoder::State::kMore && result.consumed < in.size()) {
    const std::string_view piece = in.substr(result.consumed, step);
    size_t consumed = 0;
    result.state = decoder.feed(piece, consumed, result.payload);
    CHECK(consumed <= piece.size() && (consumed == piece.size() || result.state != ChunkedDecoder::State::kMore));
    result.consumed += consumed;
  }
  CHECK(result.payload.size() <= result.consumed);
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in(reinterpret_cast<const char*>(data), size);
  const std::string_view body = in.substr(check_head(in));
  const Decoded whole = decode(body, body.size() + 1);
  for (const size_t step : {size_t{1}, size_t{7}}) {
    const Decoded cut = decode(body, step);
    CHECK(cut.state == whole.state && cut.payload == whole.payload);
    CHECK(cut.state != ChunkedDecoder::State::kDone || cut.consumed == whole.consumed);
  }
  return 0;
}

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/sigv4.h"
#include "base/check.h"

namespace {

using cairn::aws::sigv4::ChunkDecoder;

struct Outcome {
  std::string payload;
  std::optional<ChunkDecoder::Wrong> wrong;
  bool complete = false;
};

Outcome decode(uint8_t choice, std::string_view body, size_t piece) {
  const auto mode = choice & 1 ? ChunkDecoder::Mode::kSigned : ChunkDecoder::Mode::kUnsigned;
  ChunkDecoder decoder(mode, (choice & 2) != 0, {"key", "20130524T000000Z", "20130524/us-east-1/s3/aws4_request", "seed"});
  Outcome outcome;
  while (!body.empty() && !outcome.wrong) {
    if (const auto fed = decoder.feed(body.substr(0, piece), outcome.payload); !fed) outcome.wrong = fed.error();
    body.remove_prefix(std::min(piece, body.size()));
  }
  outcome.complete = !outcome.wrong && decoder.complete();
  return outcome;
}

}  // namespace

/// Any body whatever, in one piece and in small ones: the same payload and the same verdict, and never more bytes than came in.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Outcome whole = decode(data[0], body, body.size());
  const Outcome pieces = decode(data[0], body, 1 + data[1] % 32);
  CHECK(whole.payload.size() <= body.size());
  CHECK(whole.payload == pieces.payload);
  CHECK(whole.wrong.has_value() == pieces.wrong.has_value());
  CHECK(whole.complete == pieces.complete);
  return 0;
}

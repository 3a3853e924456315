#include <gtest/gtest.h>

#include "aws/sigv4.h"
#include "base/text.h"

// Expected values: S3's API reference, "Transferring Payload in Multiple Chunks" and "Including Trailing Headers": 65 KiB of 'a'
// in chunks of 64 KiB and 1 KiB.
namespace cairn::aws::sigv4 {
namespace {

using Wrong = ChunkDecoder::Wrong;

const Secret kSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
constexpr std::string_view kSeed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
constexpr std::string_view kSeedWithTrailer = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";

ChunkDecoder::Keys keys(std::string_view seed) {
  return {signing_key(kSecret, "20130524", "us-east-1", "s3"), "20130524T000000Z", "20130524/us-east-1/s3/aws4_request", std::string(seed)};
}

std::string chunk(std::string_view size, std::string_view signature, size_t bytes) {
  std::string out = std::string(size) + ";chunk-signature=" + std::string(signature) + "\r\n";
  if (bytes > 0) out += std::string(bytes, 'a') + "\r\n";
  return out;
}

std::string example() {
  return chunk("10000", "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648", 65536) +
         chunk("400", "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497", 1024) +
         chunk("0", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9", 0) + "\r\n";
}

std::string example_with_trailer(std::string_view line_end) {
  return chunk("10000", "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2", 65536) +
         chunk("400", "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7", 1024) +
         chunk("0", "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992", 0) +
         "x-amz-checksum-crc32c:sOO8/Q==" + std::string(line_end) +
         "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435" + std::string(line_end) + "\r\n";
}

struct Outcome {
  std::string payload;
  std::optional<Wrong> wrong;
  bool complete = false;
  std::vector<std::pair<std::string, std::string>> trailers;
};

Outcome decode(ChunkDecoder decoder, std::string_view body, size_t piece = std::string::npos) {
  Outcome outcome;
  while (!body.empty()) {
    auto fed = decoder.feed(body.substr(0, piece), outcome.payload);
    if (!fed) {
      outcome.wrong = fed.error();
      break;
    }
    body.remove_prefix(std::min(piece, body.size()));
  }
  outcome.complete = !outcome.wrong && decoder.complete();
  outcome.trailers = decoder.trailers();
  return outcome;
}

ChunkDecoder signed_decoder(bool with_trailer = false) {
  return ChunkDecoder(ChunkDecoder::Mode::kSigned, with_trailer, keys(with_trailer ? kSeedWithTrailer : kSeed));
}
ChunkDecoder unsigned_decoder() { return ChunkDecoder(ChunkDecoder::Mode::kUnsigned, true); }

TEST(ChunkDecoder, AgreesWithTheExampleOfS3HoweverItIsCut) {
  const std::string body = example();
  EXPECT_EQ(body.size(), 66824u);
  for (size_t piece : {size_t{1}, size_t{7}, size_t{777}, size_t{65536}, body.size()}) {
    const Outcome outcome = decode(signed_decoder(), body, piece);
    EXPECT_FALSE(outcome.wrong) << piece;
    EXPECT_TRUE(outcome.complete) << piece;
    EXPECT_EQ(outcome.payload, std::string(66560, 'a')) << piece;
  }
}

TEST(ChunkDecoder, AgreesWithTheTrailerExampleOfS3) {
  for (std::string_view line_end : {"\r\n", "\n\r\n"}) {
    const Outcome outcome = decode(signed_decoder(true), example_with_trailer(line_end), 1000);
    EXPECT_FALSE(outcome.wrong);
    EXPECT_TRUE(outcome.complete);
    ASSERT_EQ(outcome.trailers.size(), 1u);
    EXPECT_EQ(outcome.trailers[0].first, "x-amz-checksum-crc32c");
    EXPECT_EQ(outcome.trailers[0].second, "sOO8/Q==");
  }
}

TEST(ChunkDecoder, AChangedByteFailsItsSignature) {
  std::string body = example();
  body[40000] = 'b';
  EXPECT_EQ(decode(signed_decoder(), body).wrong, Wrong::kSignature);
  std::string trailer = example_with_trailer("\r\n");
  trailer[trailer.find("sOO8")] = 'x';
  EXPECT_EQ(decode(signed_decoder(true), trailer).wrong, Wrong::kSignature);
}

TEST(ChunkDecoder, AChunkLeftOutFailsTheNextSignature) {
  std::string body = example();
  const size_t second = body.find("400;");
  body.erase(second, body.find("0;chunk", second + 4) - second);
  EXPECT_EQ(decode(signed_decoder(), body).wrong, Wrong::kSignature);
}

TEST(ChunkDecoder, ATrailerThatMustBeSignedCannotBeLeftOut) {
  std::string body = example_with_trailer("\r\n");
  body.resize(body.find("x-amz-checksum"));
  EXPECT_EQ(decode(signed_decoder(true), body + "\r\n").wrong, Wrong::kSignature);
  EXPECT_FALSE(decode(signed_decoder(true), body + "x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n").complete);
}

TEST(ChunkDecoder, ATruncatedBodyIsNotComplete) {
  const std::string body = example();
  for (size_t size : {size_t{0}, size_t{10}, size_t{70000 - 4000}, body.size() - 2}) {
    const Outcome outcome = decode(signed_decoder(), std::string_view(body).substr(0, size));
    EXPECT_FALSE(outcome.wrong) << size;
    EXPECT_FALSE(outcome.complete) << size;
  }
}

TEST(ChunkDecoder, ReadsUnsignedChunksWithATrailer) {
  const Outcome outcome = decode(unsigned_decoder(), "5\r\nhello\r\n6\r\n world\r\n0\r\nX-Amz-Checksum-Crc32: DUoRhQ==\r\n\r\n", 3);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(outcome.payload, "hello world");
  ASSERT_EQ(outcome.trailers.size(), 1u);
  EXPECT_EQ(outcome.trailers[0].first, "x-amz-checksum-crc32");
  EXPECT_EQ(outcome.trailers[0].second, "DUoRhQ==");
}

TEST(ChunkDecoder, RefusesWhatIsNoChunk) {
  EXPECT_EQ(decode(unsigned_decoder(), "\r\n").wrong, Wrong::kMalformed);
  EXPECT_EQ(decode(unsigned_decoder(), "xyz\r\n").wrong, Wrong::kMalformed);
  EXPECT_EQ(decode(unsigned_decoder(), "-5\r\nhello").wrong, Wrong::kMalformed);
  EXPECT_EQ(decode(unsigned_decoder(), "11112222333344445\r\n").wrong, Wrong::kMalformed);
  EXPECT_EQ(decode(unsigned_decoder(), "5\r\nhello!\r\n").wrong, Wrong::kMalformed);
  EXPECT_EQ(decode(unsigned_decoder(), "0\r\nno colon\r\n\r\n").wrong, Wrong::kMalformed);
  EXPECT_EQ(decode(unsigned_decoder(), "0\r\n\r\nmore").wrong, Wrong::kMalformed);
  EXPECT_EQ(decode(signed_decoder(), "5\r\nhello\r\n").wrong, Wrong::kMalformed);
  EXPECT_EQ(decode(unsigned_decoder(), std::string(ChunkDecoder::kLineBytesMax + 1, '0')).wrong, Wrong::kTooLarge);
}

TEST(ChunkDecoder, KeepsOnlySoManyTrailers) {
  std::string body = "0\r\n";
  for (int i = 0; i < 17; ++i) body += "x-" + std::to_string(i) + ":1\r\n";
  EXPECT_EQ(decode(unsigned_decoder(), body).wrong, Wrong::kTooLarge);
}

}  // namespace
}  // namespace cairn::aws::sigv4

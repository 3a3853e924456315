#include "api/receive.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "blob/sealed.h"
#include "env/sim/random.h"

// Expected values: S3's API reference ("Transferring Payload in Multiple Chunks", "Including Trailing Headers"), RFC 1321's and
// RFC 3174's test values, and answers that S3 gave.
namespace cairn::api {
namespace {

using aws::Error;

constexpr const char* kHelloMd5 = "XrY7u+Ae7tCTyyK7j1rNww==";  // of "hello world"
constexpr const char* kHelloSha256 = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
constexpr const char* kHelloSha1 = "Kq5sNclPz7QV2+lfQIuc6R7oRu0=";
constexpr const char* kHelloCrc32 = "DUoRhQ==";
constexpr const char* kHello = "hello world";

/// Blobs in memory: what was finished, and how many writers were given up.
struct Blobs final : blob::Store {
  struct Writer final : blob::Writer {
    Blobs* blobs;
    std::string data;
    bool finished = false;
    explicit Writer(Blobs* b) : blobs(b) {}
    ~Writer() override { blobs->dropped += !finished; }
    env::Done append(std::string_view more) override {
      if (data.size() + more.size() > blobs->bytes_max)
        return tl::unexpected(env::IoFailure{env::IoFailure::kNoSpace, "no space left on device"});
      data += more;
      return {};
    }
    env::Io<blob::BlobId> finish() override {
      finished = true;
      blobs->whole.push_back(std::move(data));
      return blob::BlobId(std::to_string(blobs->whole.size() - 1));
    }
  };
  size_t bytes_max = std::numeric_limits<size_t>::max();
  std::vector<std::string> whole;
  int dropped = 0;

  env::Io<std::unique_ptr<blob::Writer>> create() override { return std::make_unique<Writer>(this); }
  env::Io<std::shared_ptr<blob::Reader>> open(const blob::BlobId&) override {
    return tl::unexpected(env::IoFailure{env::IoFailure::kNotFound, ""});
  }
  void remove(const blob::BlobId&) override {}
  void each(const std::function<void(const blob::BlobId&)>&) override {}
};

/// A client that sends `body` in pieces and may go away.
struct Client final : http::BodyReader {
  std::string body;
  size_t piece = 10000;
  std::optional<http::BodyFailure> end;
  size_t at = 0;

  Result<size_t, http::BodyFailure> read(std::span<char> out) override {
    const size_t bytes = std::min({piece, out.size(), body.size() - at});
    if (bytes == 0 && end) return tl::unexpected(*end);
    std::copy_n(body.data() + at, bytes, out.data());
    at += bytes;
    return bytes;
  }
};

struct ReceiveTest : testing::Test {
  Blobs blobs;
  env::SimRandom random{1};
  Client client;
  Authenticated caller;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<uint64_t> content_length;

  http::Head head() const {
    http::Head made;
    made.method = "PUT";
    for (const auto& [name, value] : headers) made.headers.push_back({name, value});
    made.content_length = content_length;
    return made;
  }
  void send(std::string body) {
    client.body = std::move(body);
    content_length = client.body.size();
  }
  Payload streamed() {
    client.at = 0;
    return receive(client, head(), caller, blobs, random);
  }
  Payload whole() { return receive(client.body, head(), caller); }

  /// Both ways must refuse alike.
  Error refusal() {
    Error first({.code = "none"}, "");
    try {
      streamed();
    } catch (const Error& error) {
      first = error;
    }
    if (!client.end) {
      try {
        whole();
        ADD_FAILURE() << "taken as a whole";
      } catch (const Error& error) {
        EXPECT_EQ(error.kind.code, first.kind.code);
      }
    }
    return first;
  }
};

TEST_F(ReceiveTest, ASmallBodyStaysInMemory) {
  send(kHello);
  for (const Payload& payload : {streamed(), whole()}) {
    EXPECT_EQ(payload.bytes, kHello);
    EXPECT_EQ(payload.size, 11u);
    EXPECT_FALSE(payload.blob);
    EXPECT_EQ(text::base64(payload.md5), kHelloMd5);
    EXPECT_EQ(payload.checksum_algorithm, "");
  }
  EXPECT_TRUE(blobs.whole.empty());
}

TEST_F(ReceiveTest, AnEmptyBodyIsABody) {
  send("");
  EXPECT_EQ(text::hex(streamed().md5), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(text::hex(whole().md5), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST_F(ReceiveTest, ALargeBodyGoesToABlob) {
  send(std::string(kInlineBytesMax + 1, 'a'));
  const Payload payload = streamed();
  EXPECT_TRUE(payload.bytes.empty());
  ASSERT_TRUE(payload.blob);
  ASSERT_EQ(blobs.whole.size(), 1u);
  EXPECT_EQ(blob::open(payload.key, blobs.whole[0]), client.body);
  EXPECT_EQ(payload.size, kInlineBytesMax + 1);
}

TEST_F(ReceiveTest, TheSignedHashMustBeTheBodys) {
  send(kHello);
  headers = {{"X-Amz-Content-Sha256", kHelloSha256}};
  EXPECT_EQ(streamed().bytes, kHello);
  send("hello World");
  const Error error = refusal();
  EXPECT_EQ(error.kind.code, "XAmzContentSHA256Mismatch");
  EXPECT_EQ(error.kind.status, 400);
}

TEST_F(ReceiveTest, AnUnsignedPayloadIsTakenAsItIs) {
  send(kHello);
  headers = {{"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}};
  EXPECT_EQ(streamed().bytes, kHello);
}

TEST_F(ReceiveTest, ContentMd5MustBeTheBodys) {
  send(kHello);
  headers = {{"Content-MD5", kHelloMd5}};
  EXPECT_EQ(streamed().bytes, kHello);
  send("");
  const Error error = refusal();
  EXPECT_EQ(error.kind.code, "BadDigest");
  EXPECT_EQ(error.message, "The Content-MD5 you specified did not match what we received.");
  ASSERT_EQ(error.details.size(), 2u);
  EXPECT_EQ(error.details[0], std::pair(std::string("ExpectedDigest"), std::string("5eb63bbbe01eeed093cb22bb8f5acdc3")));
  EXPECT_EQ(error.details[1], std::pair(std::string("CalculatedDigest"), std::string("1B2M2Y8AsgTpgAmY7PhCfg==")));
}

TEST_F(ReceiveTest, ContentMd5MustBeAnMd5) {
  send(kHello);
  for (const char* md5 : {"", "nonsense", "aGVsbG8="}) {
    headers = {{"Content-MD5", md5}};
    const Error error = refusal();
    EXPECT_EQ(error.kind.code, "InvalidDigest");
    EXPECT_EQ(error.message, "The Content-MD5 you specified was invalid.");
  }
}

TEST_F(ReceiveTest, AChecksumHeaderIsVerifiedAndKept) {
  send(kHello);
  for (const auto& [header, name, value] :
       {std::tuple("x-amz-checksum-crc32", "CRC32", kHelloCrc32), std::tuple("x-amz-checksum-sha1", "SHA1", kHelloSha1)}) {
    headers = {{header, value}};
    const Payload payload = streamed();
    EXPECT_EQ(payload.checksum_algorithm, name);
    EXPECT_EQ(payload.checksum, value);
  }
  send("hello World");
  const Error error = refusal();
  EXPECT_EQ(error.kind.code, "BadDigest");
  EXPECT_EQ(error.message, "The SHA1 you specified did not match the calculated checksum.");
}

TEST_F(ReceiveTest, AChecksumMustBeOneAndWellFormed) {
  send(kHello);
  headers = {{"x-amz-checksum-crc32", "nonsense"}};
  EXPECT_EQ(refusal().message, "Value for x-amz-checksum-crc32 header is invalid.");
  headers = {{"x-amz-checksum-crc32", kHelloSha1}};
  EXPECT_EQ(refusal().kind.code, "InvalidRequest");
  headers = {{"x-amz-checksum-crc32", kHelloCrc32}, {"x-amz-checksum-sha1", kHelloSha1}};
  EXPECT_EQ(refusal().message, "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  headers = {{"x-amz-sdk-checksum-algorithm", "CRC32"}};
  EXPECT_EQ(refusal().message,
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.");
  headers = {{"x-amz-sdk-checksum-algorithm", "SHA1"}, {"x-amz-checksum-crc32", kHelloCrc32}};
  EXPECT_EQ(refusal().message, "Value for x-amz-sdk-checksum-algorithm header is invalid.");
  headers = {{"x-amz-sdk-checksum-algorithm", "CRC16"}};
  EXPECT_EQ(refusal().message,
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, "
            "SHA256]");
}

TEST_F(ReceiveTest, ABodyMustHaveALength) {
  send(kHello);
  content_length.reset();
  const Error error = refusal();
  EXPECT_EQ(error.kind.code, "MissingContentLength");
  EXPECT_EQ(error.kind.status, 411);
  headers = {{"Transfer-Encoding", "chunked"}};
  EXPECT_EQ(refusal().kind.status, 501) << "S3 knows no chunks but its own";
}

TEST_F(ReceiveTest, FiveGibibytesAreTheMost) {
  content_length = kUploadBytesMax + 1;
  const Error error = refusal();
  EXPECT_EQ(error.kind.code, "EntityTooLarge");
  EXPECT_EQ(error.message, "Your proposed upload exceeds the maximum allowed size");
}

TEST_F(ReceiveTest, AClientThatGoesAwayLeavesNothing) {
  send(std::string(200000, 'a'));
  client.body.resize(100000);
  client.end = http::BodyFailure::kClosed;
  EXPECT_EQ(refusal().kind.code, "IncompleteBody");
  client.end = http::BodyFailure::kTimeout;
  EXPECT_EQ(refusal().kind.code, "RequestTimeout");
  EXPECT_EQ(blobs.dropped, 2);
  EXPECT_TRUE(blobs.whole.empty());
}

TEST_F(ReceiveTest, AFullDiskIsUnavailable) {
  blobs.bytes_max = 100000;
  send(std::string(200000, 'a'));
  try {
    streamed();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind.status, 503);
    EXPECT_EQ(error.kind.code, "ServiceUnavailable");
  }
  EXPECT_EQ(blobs.dropped, 1);
}

// ---------------------------------------------------------------- aws-chunked

struct ChunkedTest : ReceiveTest {
  /// S3's example: 65 KiB of 'a', under the example's key and seed signature.
  void example(const char* form, const char* seed, const char* first, const char* second, const char* last, const std::string& trailer) {
    caller.signing_key = aws::sigv4::signing_key(Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), "20130524", "us-east-1", "s3");
    aws::sigv4::Claim& claim = caller.claim.emplace();
    claim.access_key = aws::AccessKeyId("AKIAIOSFODNN7EXAMPLE");
    claim.date = "20130524";
    claim.date_time = "20130524T000000Z";
    claim.region = aws::Region("us-east-1");
    claim.service = "s3";
    claim.signature = seed;
    send(fmt::format("10000;chunk-signature={}\r\n{}\r\n400;chunk-signature={}\r\n{}\r\n0;chunk-signature={}\r\n{}\r\n", first,
                     std::string(65536, 'a'), second, std::string(1024, 'a'), last, trailer));
    headers = {{"x-amz-content-sha256", form}, {"x-amz-decoded-content-length", "66560"}};
  }
  void example() {
    example("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9", "");
  }
  void example_with_trailer() {
    example("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
            "x-amz-checksum-crc32c:sOO8/Q==\r\n"
            "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n");
    headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc32c");
  }
  void unsigned_hello(const std::string& trailer) {
    send("5\r\nhello\r\n6\r\n world\r\n0\r\n" + trailer + "\r\n");
    headers = {{"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}, {"x-amz-decoded-content-length", "11"}};
  }
};

TEST_F(ChunkedTest, TakesTheExampleOfS3) {
  example();
  const Payload payload = streamed();
  ASSERT_TRUE(payload.blob);
  EXPECT_EQ(payload.size, 66560u);
  EXPECT_EQ(blob::open(payload.key, blobs.whole.at(0)), std::string(66560, 'a'));
  EXPECT_EQ(whole().bytes, std::string(66560, 'a'));
}

TEST_F(ChunkedTest, TakesTheTrailerExampleOfS3) {
  example_with_trailer();
  const Payload payload = streamed();
  EXPECT_EQ(payload.checksum_algorithm, "CRC32C");
  EXPECT_EQ(payload.checksum, "sOO8/Q==");
}

TEST_F(ChunkedTest, AChunkThatWasNotSignedSoIsRefused) {
  example();
  client.body[30000] = 'b';
  const Error error = refusal();
  EXPECT_EQ(error.kind.code, "SignatureDoesNotMatch");
  EXPECT_EQ(error.kind.status, 403);
  EXPECT_TRUE(blobs.whole.empty());
}

TEST_F(ChunkedTest, WithoutAKeyChunkSignaturesAreReadOver) {
  example_with_trailer();
  caller.signing_key.clear();
  client.body[30000] = 'b';
  EXPECT_EQ(refusal().kind.code, "BadDigest") << "the checksum still counts";
  client.body[30000] = 'a';
  EXPECT_EQ(streamed().size, 66560u);
}

TEST_F(ChunkedTest, TakesUnsignedChunksWithATrailer) {
  unsigned_hello("x-amz-checksum-crc32:DUoRhQ==\r\n");
  headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc32");
  headers.emplace_back("x-amz-sdk-checksum-algorithm", "CRC32");
  const Payload payload = streamed();
  EXPECT_EQ(payload.bytes, kHello);
  EXPECT_EQ(payload.checksum_algorithm, "CRC32");
  EXPECT_EQ(payload.checksum, kHelloCrc32);
}

TEST_F(ChunkedTest, TheTrailerMustBeWhatWasPromised) {
  unsigned_hello("x-amz-checksum-crc32:AAAAAA==\r\n");
  headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc32");
  EXPECT_EQ(refusal().message, "The CRC32 you specified did not match the calculated checksum.");
  unsigned_hello("");
  headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc32");
  EXPECT_EQ(refusal().kind.code, "MalformedTrailerError");
  unsigned_hello("x-amz-checksum-crc32:DUoRhQ==\r\n");
  EXPECT_EQ(refusal().kind.code, "MalformedTrailerError") << "it was not announced";
  unsigned_hello("x-amz-checksum-crc32:!\r\n");
  headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc32");
  EXPECT_EQ(refusal().message, "Value for x-amz-checksum-crc32 trailing header is invalid.");
  unsigned_hello("");
  headers.emplace_back("x-amz-trailer", "x-amz-meta-a");
  EXPECT_EQ(refusal().message, "The value specified in the x-amz-trailer header is not supported");
}

TEST_F(ChunkedTest, TheDecodedLengthIsNeededAndMustFit) {
  unsigned_hello("");
  headers.pop_back();
  EXPECT_EQ(refusal().kind.code, "MissingContentLength");
  for (const char* bytes : {"10", "12"}) {
    unsigned_hello("");
    headers.back().second = bytes;
    const Error error = refusal();
    EXPECT_EQ(error.kind.code, "IncompleteBody");
    EXPECT_EQ(error.message, "You did not provide the number of bytes specified by the Content-Length HTTP header");
  }
}

TEST_F(ChunkedTest, ABodyThatEndsBeforeItsLastChunkIsIncomplete) {
  unsigned_hello("");
  client.body.resize(client.body.size() - 4);
  content_length = client.body.size();
  EXPECT_EQ(refusal().kind.code, "IncompleteBody");
}

TEST(CheckBody, HoldsSmallBodiesToTheirDigests) {
  http::Head head;
  head.headers = {{"Content-MD5", kHelloMd5}};
  EXPECT_NO_THROW(check_body(kHello, head));
  EXPECT_THROW(check_body("hello", head), Error);
  head.headers = {{"x-amz-checksum-crc32", "AAAAAA=="}};
  EXPECT_THROW(check_body(kHello, head), Error);
  EXPECT_NO_THROW(check_body(kHello, head, ChecksumOf::kObject));
}

}  // namespace
}  // namespace cairn::api

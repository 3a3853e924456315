#include "http/parser.h"

#include <gtest/gtest.h>

namespace cairn::http {
namespace {

constexpr size_t kBytesMax = 64 << 10, kHeadersMax = 100;

/// 200: a whole head; 100: more is needed; else the status of the refusal.
int verdict(std::string_view in) {
  const auto result = parse_head(in, kBytesMax, kHeadersMax);
  if (!result) return result.error().status;
  return result->bytes > 0 ? 200 : 100;
}

int verdict_with(std::string_view headers) { return verdict("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n"); }

TEST(ParseHead, KeepsTheBytesThatSignaturesCover) {
  const std::string in =
      "PUT /my%20bucket//a/../b?x=%2F&x=1?2 HTTP/1.1\r\nHost: s3.localhost:4566\r\nX-Amz-Date:  20260102T030405Z \t\r\nEmpty:\r\n"
      "x-amz-meta-A: b  c\r\nContent-Length: 11\r\n\r\nhello";
  const auto result = parse_head(in, kBytesMax, kHeadersMax);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->bytes, in.size() - 5);
  const Head& head = result->head;
  EXPECT_EQ(head.method, "PUT");
  EXPECT_EQ(head.target, "/my%20bucket//a/../b?x=%2F&x=1?2");
  EXPECT_EQ(head.path, "/my%20bucket//a/../b");
  EXPECT_EQ(head.query, "x=%2F&x=1?2");
  ASSERT_EQ(head.headers.size(), 5u);
  EXPECT_EQ(head.headers[3].name, "x-amz-meta-A");
  EXPECT_EQ(head.headers[3].value, "b  c");
  EXPECT_EQ(head.header("x-amz-date"), "20260102T030405Z");
  EXPECT_EQ(head.header("EMPTY"), "");
  EXPECT_EQ(head.header("absent"), std::nullopt);
  EXPECT_EQ(head.content_length, 11u);
  EXPECT_FALSE(head.chunked);
  EXPECT_TRUE(head.keep_alive);
}

TEST(ParseHead, WaitsForMoreAtEveryCut) {
  const std::string in = "\r\nGET /a?b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (size_t n = 0; n < in.size(); ++n) EXPECT_EQ(verdict(in.substr(0, n)), 100) << n;
  EXPECT_EQ(verdict(in), 200);
}

TEST(ParseHead, AbsoluteTargetsGiveTheirPath) {
  const auto result = parse_head("GET http://example.com:80/a/b?c HTTP/1.1\r\nHost: example.com\r\n\r\n", kBytesMax, kHeadersMax);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->head.path, "/a/b");
  EXPECT_EQ(result->head.query, "c");
  EXPECT_EQ(verdict("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
  EXPECT_EQ(verdict("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(verdict("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(verdict("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

TEST(ParseHead, PersistenceFollowsVersionAndConnectionHeader) {
  const auto keeps = [](std::string_view in) { return parse_head(in, kBytesMax, kHeadersMax)->head.keep_alive; };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
}

TEST(ParseHead, ExpectationNeedsABodyToWaitFor) {
  const auto expects = [](std::string_view in) { return parse_head(in, kBytesMax, kHeadersMax)->head.expect_continue; };
  EXPECT_TRUE(expects("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"));
  EXPECT_TRUE(expects("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(expects("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_FALSE(expects("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"));
  EXPECT_EQ(verdict_with("Expect: a-miracle\r\n"), 417);
}

TEST(ParseHead, RefusesWhatLetsTwoServersSeeTwoRequests) {
  EXPECT_EQ(verdict_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(verdict_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400);
  EXPECT_EQ(verdict_with("Content-Length: 5\r\nContent-Length: 6\r\n"), 400);
  EXPECT_EQ(verdict_with("Content-Length: 5\r\nContent-Length: 5\r\n"), 400);
  EXPECT_EQ(verdict_with("Content-Length: 5, 5\r\n"), 400);
  EXPECT_EQ(verdict_with("Content-Length: +5\r\n"), 400);
  EXPECT_EQ(verdict_with("Content-Length: -5\r\n"), 400);
  EXPECT_EQ(verdict_with("Content-Length: 0x5\r\n"), 400);
  EXPECT_EQ(verdict_with("Content-Length:\r\n"), 400);
  EXPECT_EQ(verdict_with("Content-Length: 99999999999999999999999\r\n"), 413);
  EXPECT_EQ(verdict_with("Content-Length : 5\r\n"), 400);
  EXPECT_EQ(verdict_with(" Content-Length: 5\r\n"), 400);
  EXPECT_EQ(verdict_with("A: b\r\n folded\r\n"), 400);
  EXPECT_EQ(verdict_with("A: b\n"), 400);
  EXPECT_EQ(verdict_with("A: b\rC: d\r\n"), 400);
  EXPECT_EQ(verdict_with(std::string("A: b\0c\r\n", 8)), 400);
  EXPECT_EQ(verdict_with("A: b\x7f"
                         "c\r\n"),
            400);
  EXPECT_EQ(verdict_with(": no name\r\n"), 400);
  EXPECT_EQ(verdict_with("no colon\r\n"), 400);
  EXPECT_EQ(verdict_with("Transfer-Encoding: gzip, chunked\r\n"), 501);
  EXPECT_EQ(verdict_with("Transfer-Encoding: identity\r\n"), 501);
  EXPECT_EQ(verdict_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(verdict("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(verdict_with("Host: b\r\n"), 400);
  EXPECT_EQ(verdict("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
  EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: user@a\r\n\r\n"), 400);
}

TEST(ParseHead, RefusesBrokenRequestLines) {
  for (const std::string_view line : {"GET  / HTTP/1.1", "GET /\tHTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/1.1 ", "GET / http/1.1", "GET /",
                                      "GET / HTTP/11", "G\x01T / HTTP/1.1", "GET /\x80 HTTP/1.1", "GET a HTTP/1.1", "GET / HTTP/1.1\n"}) {
    EXPECT_EQ(verdict(std::string(line) + "\r\nHost: a\r\n\r\n"), 400) << line;
  }
  EXPECT_EQ(verdict("\x16\x03\x01\x02\x01\x01"), 400) << "a TLS client at the plain port is told at once";
  EXPECT_EQ(verdict("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
  EXPECT_EQ(verdict("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(verdict("\r\n\r\nGET / HTTP/1.1\r\n"), 400) << "one empty line is overlooked, not two";
}

TEST(ParseHead, LimitsAreExact) {
  const std::string in = "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n";
  EXPECT_TRUE(parse_head(in, in.size(), 2));
  EXPECT_EQ(parse_head(in, in.size() - 1, 2).error().status, 431);
  EXPECT_EQ(parse_head(in, in.size(), 1).error().status, 431);
  EXPECT_EQ(parse_head("GET /" + std::string(100, 'a'), 50, 2).error().status, 414);
}

struct Decoded {
  ChunkedDecoder::State state;
  std::string payload;
  size_t consumed;
};

Decoded decode(std::string_view in, size_t step) {
  ChunkedDecoder decoder;
  Decoded result{ChunkedDecoder::State::kMore, {}, 0};
  while (result.state == ChunkedDecoder::State::kMore && result.consumed < in.size()) {
    size_t consumed = 0;
    result.state = decoder.feed(in.substr(result.consumed, step), consumed, result.payload);
    result.consumed += consumed;
  }
  return result;
}

TEST(ChunkedDecoder, GivesTheSameWhateverTheCuts) {
  const std::string body = "5\r\nhello\r\nA;name=\"value\"\r\n0123456789\r\n0\r\nx-amz-checksum-crc32: abc\r\n\r\n";
  for (size_t step = 1; step <= body.size() + 4; ++step) {
    const Decoded decoded = decode(body + "GET ", step);
    EXPECT_EQ(decoded.state, ChunkedDecoder::State::kDone);
    EXPECT_EQ(decoded.payload, "hello0123456789");
    EXPECT_EQ(decoded.consumed, body.size()) << "the next request's bytes stay";
  }
}

TEST(ChunkedDecoder, RefusesLooseForms) {
  for (const std::string_view bad :
       {"5\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhelloX", "5\r\nhello\rX", "5\r\nhelloX\r\n", "5\r\nhello\n0\r\n\r\n",
        "-1\r\n", "0x5\r\nhello\r\n", "\r\n", " 5\r\n", "5 \r\nhello\r\n", "g\r\n", "10000000000000000\r\n", "5;a\x01\r\n",
        "0\r\nno colon\r\n\r\n", "0\r\n folded: x\r\n\r\n", "0\r\na: b\n\r\n", "5\r\r\nhello\r\n"}) {
    for (size_t step = 1; step <= bad.size(); ++step) {
      EXPECT_EQ(decode(bad, step).state, ChunkedDecoder::State::kBad) << bad << " in steps of " << step;
    }
  }
  EXPECT_EQ(decode("5;" + std::string(100000, 'x'), 100).state, ChunkedDecoder::State::kBad);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 10000; ++i) trailers += "a: b\r\n";
  EXPECT_EQ(decode(trailers, 100).state, ChunkedDecoder::State::kBad);
}

}  // namespace
}  // namespace cairn::http

// Boost.Beast's parser as an oracle: whatever ours accepts, Beast must read in the same way. Ours may refuse more, and for each
// head where it does, the reason is named here.
#include <gtest/gtest.h>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <random>

#include "base/text.h"
#include "http/parser.h"

namespace cairn::http {
namespace {

namespace beast = boost::beast::http;

struct Reading {
  bool whole = false, refused = false;
  size_t bytes = 0;
  std::string method, target;
  std::vector<std::pair<std::string, std::string>> headers;
  bool chunked = false, keep_alive = false;
  std::optional<uint64_t> content_length;
};

Reading read_ours(std::string_view in) {
  Reading reading;
  const auto result = parse_head(in, 8192, 100);
  reading.refused = !result;
  if (!result || result->bytes == 0) return reading;
  reading.whole = true;
  reading.bytes = result->bytes;
  const Head& head = result->head;
  reading.method = head.method;
  reading.target = head.target;
  for (const Header& header : head.headers) reading.headers.emplace_back(header.name, header.value);
  reading.chunked = head.chunked;
  reading.keep_alive = head.keep_alive;
  reading.content_length = head.content_length;
  return reading;
}

Reading read_beasts(std::string_view in) {
  Reading reading;
  beast::request_parser<beast::empty_body> parser;
  parser.eager(false);
  parser.body_limit(boost::none);
  boost::system::error_code problem;
  reading.bytes = parser.put(boost::asio::buffer(in.data(), in.size()), problem);
  if (problem && problem != beast::error::need_more) reading.refused = true;
  if (reading.refused || !parser.is_header_done()) return reading;
  reading.whole = true;
  const auto& message = parser.get();
  reading.method = std::string(message.method_string());
  reading.target = std::string(message.target());
  for (const auto& field : message) reading.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  reading.chunked = parser.chunked();
  reading.keep_alive = parser.keep_alive();
  if (const auto length = parser.content_length()) reading.content_length = *length;
  return reading;
}

/// `in` starts with a request line; Beast does not overlook an empty line before it, so heads with one are not compared.
void compare(const std::string& in) {
  const Reading ours = read_ours(in);
  const Reading beasts = read_beasts(in);
  if (!ours.whole) return;
  ASSERT_TRUE(beasts.whole) << in;
  EXPECT_EQ(ours.bytes, beasts.bytes) << in;
  EXPECT_EQ(ours.method, beasts.method) << in;
  EXPECT_EQ(ours.target, beasts.target) << in;
  EXPECT_EQ(ours.chunked, beasts.chunked) << in;
  EXPECT_EQ(ours.keep_alive, beasts.keep_alive) << in;
  EXPECT_EQ(ours.content_length, beasts.content_length) << in;
  auto sorted = [](std::vector<std::pair<std::string, std::string>> headers) {  // Beast groups equal names
    std::sort(headers.begin(), headers.end());
    return headers;
  };
  EXPECT_EQ(sorted(ours.headers), sorted(beasts.headers)) << in;
}

const std::vector<std::string>& good_heads() {
  static const std::vector<std::string> heads = {
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "GET /?a=b&c=%20d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      "GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n",
      "PUT /bucket/key HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\nbody",
      "PUT /bucket/key HTTP/1.1\r\nHost: a\r\nContent-Length: 00012\r\n\r\n",
      "PUT /bucket/key HTTP/1.1\r\nHost: a\r\ntransfer-encoding: Chunked\r\n\r\n5\r\n",
      "POST / HTTP/1.1\r\nHost: 127.0.0.1:4566\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: "
      "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents\r\nX-Amz-Date: 20260102T030405Z\r\nAuthorization: "
      "AWS4-HMAC-SHA256 "
      "Credential=AKIAIOSFODNN7EXAMPLE/20260102/us-east-1/cloudtrail/aws4_request, SignedHeaders=host;x-amz-date, Signature=0123\r\n"
      "Content-Length: 2\r\n\r\n{}",
      "GET / HTTP/1.1\r\nHost: a\r\nx: \r\ny:\r\nz:\t v \t\r\nx-amz-meta-\xc3\xa9: 1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nx-amz-meta-a: \xc3\xa9t\xc3\xa9\r\nx-amz-meta-a: 2\r\n\r\n",
      "M-SEARCH /!#$&'()*+,;=:@[]~ HTTP/1.1\r\nHost: [::1]:80\r\n!#$%&'*+-.^_`|~09azAZ: v\r\n\r\n",
  };
  return heads;
}

TEST(ParseHeadBesideBeast, AgreesOnWhatClientsSend) {
  for (const std::string& head : good_heads()) compare(head);
}

TEST(ParseHeadBesideBeast, AgreesOnEveryCut) {
  for (const std::string& head : good_heads()) {
    for (size_t n = 1; n < head.size(); ++n) {
      const std::string cut = head.substr(0, n);
      compare(cut);
    }
  }
}

TEST(ParseHeadBesideBeast, AcceptsNothingThatBeastReadsOtherwise) {
  // Mutants of good heads: a byte changed, dropped, doubled, or a piece of another head put in.
  const std::string bytes(
      "\0\t\n\r :;,/?*\x7f\x80\xff"
      "015aAzZ-",
      23);
  std::mt19937 random(1);
  const auto below = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); };
  size_t accepted = 0, refused = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string head = good_heads()[below(good_heads().size())];
    for (size_t changes = 1 + below(3); changes > 0; --changes) {
      const size_t at = 1 + below(head.size() - 2);
      switch (below(5)) {
        case 0:
          head[at] = bytes[below(bytes.size())];
          break;
        case 1:
          head.erase(at, 1);
          break;
        case 2:
          head.insert(at, 1, head[at]);
          break;
        case 3:
          head.insert(at, 1, bytes[below(bytes.size())]);
          break;
        default: {
          const std::string& other = good_heads()[below(good_heads().size())];
          const size_t from = below(other.size());
          head.insert(at, other.substr(from, below(40)));
        }
      }
    }
    compare(head);
    const Reading ours = read_ours(head);
    accepted += ours.whole;
    refused += ours.refused;
    if (HasFailure()) return;
  }
  EXPECT_GT(accepted, 1000u) << "the mutants must exercise both ways";
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace cairn::http

#include "api/upload_form.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "base/text.h"

namespace cairn::api {
namespace {

/// A body that comes in pieces of `piece` bytes.
class Pieces final : public http::BodyReader {
 public:
  Pieces(std::string bytes, size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}
  Result<size_t, http::BodyFailure> read(std::span<char> out) override {
    const size_t n = std::min({out.size(), piece_, bytes_.size() - at_});
    std::memcpy(out.data(), bytes_.data() + at_, n);
    at_ += n;
    return n;
  }
  bool is_read() const { return at_ == bytes_.size(); }

 private:
  const std::string bytes_;
  const size_t piece_;
  size_t at_ = 0;
};

std::string field(const std::string& name, const std::string& value) {
  return "--B\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
}
std::string file(const std::string& bytes, const std::string& name = "C:\\x\\cat.png") {
  return "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n\r\n" + bytes + "\r\n";
}
const std::string kEnd = "--B--\r\n";

http::Head head(std::string_view type = "multipart/form-data; boundary=B") {
  http::Head head;
  head.headers = {{"Content-Type", type}};
  head.content_length = 1;
  return head;
}

struct Read {
  std::string code;
  std::string key, file;
  std::map<std::string, std::string> headers;
};
Read read(const std::string& body, size_t piece = 7, const http::Head& sent = head()) {
  Read out;
  try {
    Pieces pieces(body, piece);
    UploadForm form(pieces, sent);
    const UploadForm::Upload upload = form.upload("bucket", Time());
    out.key = upload.key;
    out.headers = {upload.headers.begin(), upload.headers.end()};
    char buffer[5];
    while (true) {
      const auto n = form.read(buffer);
      if (!n) return {.code = "broken", .key = {}, .file = {}, .headers = {}};
      if (*n == 0) break;
      out.file.append(buffer, *n);
    }
    EXPECT_TRUE(pieces.is_read());
  } catch (const aws::Error& error) {
    out.code = error.kind.code;
  }
  return out;
}

TEST(UploadForm, FieldsAreAPutsHeaders) {
  const std::string body = field("KEY", "up/${filename}") + field("acl", "private") + field("Content-Type", "image/png") +
                           field("x-amz-meta-Name", "${filename}") + field("x-amz-date", "d") + field("x-other", "o") +
                           field("tagging", "<Tagging><TagSet><Tag><Key>a b</Key><Value>c</Value></Tag></TagSet></Tagging>") +
                           file("bytes\r\n--\r\n") + field("submit", "Send") + field("key", "another") + kEnd + "and more";
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{1} << 20}) {
    const Read got = read(body, piece);
    EXPECT_EQ(got.code, "");
    EXPECT_EQ(got.key, "up/cat.png");
    EXPECT_EQ(got.file, "bytes\r\n--\r\n");
    const std::map<std::string, std::string> expected = {
        {"x-amz-acl", "private"}, {"content-type", "image/png"}, {"x-amz-meta-name", "cat.png"}, {"x-amz-tagging", "a%20b=c"}};
    EXPECT_EQ(got.headers, expected);
  }
}

TEST(UploadForm, FieldsOfOneNameAreOneList) {
  EXPECT_EQ(read(field("key", "a") + field("Key", "b") + file("") + kEnd).key, "a,b") << "a policy sees what is used";
}

TEST(UploadForm, AFileMayBeAPlainField) {
  const Read got = read(field("key", "${filename}") + field("file", "text") + kEnd);
  EXPECT_EQ(got.key, "${filename}");
  EXPECT_EQ(got.file, "text");
}

TEST(UploadForm, WhatIsNoSuchForm) {
  EXPECT_EQ(read("", 7, head("application/json")).code, "PreconditionFailed");
  http::Head chunked = head();
  chunked.content_length.reset();
  EXPECT_EQ(read("", 7, chunked).code, "MissingContentLength");
  EXPECT_EQ(read(field("key", "a")).code, "MalformedPOSTRequest");
  EXPECT_EQ(read(field("key", "a") + kEnd).code, "InvalidArgument");
  EXPECT_EQ(read(field("acl", "private") + file("") + kEnd).code, "InvalidArgument");
  EXPECT_EQ(read(field("key", "a") + file("cut")).code, "broken");
  EXPECT_EQ(read(field("key", "a") + file("") + "--Bx").code, "broken");
  EXPECT_EQ(read(field("x-amz-meta-a", "b\r\nc") + field("key", "a") + file("") + kEnd).code, "InvalidArgument");
  EXPECT_EQ(read(field("x-amz-meta-a b", "c") + field("key", "a") + file("") + kEnd).code, "InvalidArgument");
  EXPECT_EQ(read(field("tagging", "no XML") + field("key", "a") + file("") + kEnd).code, "MalformedXML");
  EXPECT_EQ(read(field("policy", "?") + field("key", "a") + file("") + kEnd).code, "InvalidPolicyDocument");
}

TEST(UploadForm, FieldsHaveALimit) {
  EXPECT_EQ(read(field("key", "a") + field("a", std::string(UploadForm::kFieldsBytesMax, 'a'))).code, "MaxPostPreDataLengthExceededError");
  std::string many;
  for (int i = 0; i < 5000; ++i) many += field("fffff", "");
  EXPECT_EQ(read(many).code, "MaxPostPreDataLengthExceededError");
  std::string names;
  for (int i = 0; i < 100; ++i) names += "${filename}";
  EXPECT_EQ(read(field("key", names) + file("", std::string(100, 'f')) + kEnd).code, "") << "10 KB";
  EXPECT_EQ(read(field("key", names) + file("", std::string(1000, 'f')) + kEnd).code, "MaxPostPreDataLengthExceededError");
}

}  // namespace
}  // namespace cairn::api

#include "services/s3/harness.h"

namespace cairn::s3 {
namespace {

class Objects : public testing::Test {
 protected:
  Objects() { s3.call("CreateBucket", {{"Bucket", "b-1"}}); }

  Answer put(const std::string& key, const std::string& bytes, const Json& more = Json::object(), const std::string& algorithm = "") {
    Json in{{"Bucket", "b-1"}, {"Key", key}};
    in.update(more);
    return s3.call("PutObject", in, {bytes, algorithm});
  }
  Answer get(const std::string& key, const Json& more = Json::object()) { return s3.get("b-1", key, more); }
  Answer head(const std::string& key, const Json& more = Json::object()) {
    Json in{{"Bucket", "b-1"}, {"Key", key}};
    in.update(more);
    return s3.call("HeadObject", in);
  }
  Answer remove(const std::string& key, const Json& more = Json::object()) {
    Json in{{"Bucket", "b-1"}, {"Key", key}};
    in.update(more);
    return s3.call("DeleteObject", in);
  }

  Harness s3;
};

TEST_F(Objects, come_back_as_they_were_put) {
  const Answer stored =
      put("k", "test-version", {{"ContentType", "text/plain"}, {"Metadata", {{"Owner", "me"}}}, {"CacheControl", "no-cache"}});
  EXPECT_EQ(stored.text("ETag"), "\"a8b14b49cca6ee9a2dc6e28f87cc542c\"");
  EXPECT_EQ(stored.text("ServerSideEncryption"), "AES256");
  const Answer read = get("k");
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, "test-version");
  EXPECT_EQ(read.text("ETag"), "\"a8b14b49cca6ee9a2dc6e28f87cc542c\"");
  EXPECT_EQ(read.text("ContentType"), "text/plain");
  EXPECT_EQ(read.text("CacheControl"), "no-cache");
  EXPECT_EQ(read.out["Metadata"]["owner"], "me");
  EXPECT_EQ(read.text("LastModified"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(head("k").out["ContentLength"], 12);
  EXPECT_EQ(get("none").code, "NoSuchKey");
  EXPECT_EQ(get("none").details["Key"], "none");
}

TEST_F(Objects, keep_the_checksum_that_was_sent_or_else_crc64nvme) {
  EXPECT_EQ(put("a", "test-version", Json::object(), "CRC32").text("ChecksumCRC32"), "jSiR5g==");
  const Answer plain = put("b", "abc");
  EXPECT_TRUE(plain.out.contains("ChecksumCRC64NVME"));
  EXPECT_EQ(plain.text("ChecksumType"), "FULL_OBJECT");
  EXPECT_FALSE(get("a").out.contains("ChecksumCRC32"));
  EXPECT_EQ(get("a", {{"ChecksumMode", "ENABLED"}}).text("ChecksumCRC32"), "jSiR5g==");
  EXPECT_FALSE(get("a", {{"ChecksumMode", "ENABLED"}, {"Range", "bytes=0-1"}}).out.contains("ChecksumCRC32"));
  EXPECT_EQ(put("large", std::string(200'000, 'x'), Json::object(), "SHA256").text("ChecksumType"), "FULL_OBJECT");
  EXPECT_EQ(text::from_base64(put("large", std::string(200'000, 'x')).text("ChecksumCRC64NVME")).value(),
            crypto::digest(crypto::Algorithm::kCrc64Nvme, std::string(200'000, 'x')));
}

TEST_F(Objects, large_ones_are_blobs_that_go_with_them) {
  std::string bytes;
  for (int i = 0; i < 30'000; ++i) bytes += std::to_string(i) + ",";
  put("large", bytes);
  EXPECT_EQ(s3.blob_count(), 1u);
  EXPECT_EQ(get("large").body, bytes);
  const Answer part = get("large", {{"Range", "bytes=100000-100009"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, bytes.substr(100'000, 10));
  EXPECT_EQ(part.text("ContentRange"), fmt::format("bytes 100000-100009/{}", bytes.size()));
  put("large", "small now");
  EXPECT_EQ(s3.blob_count(), 0u);
  EXPECT_EQ(s3.documents("s3/bytes/"), 1u);
  EXPECT_EQ(remove("large").status, 204);
  EXPECT_EQ(s3.documents("s3/bytes/"), 0u);
  EXPECT_EQ(s3.documents("s3/object/"), 0u);
}

TEST_F(Objects, reading_goes_on_while_the_object_is_deleted) {
  const std::string bytes(100'000, 'x');
  put("k", bytes);
  s3.before_commit = [&] { remove("k"); };
  EXPECT_EQ(get("k").body, bytes);
  EXPECT_EQ(get("k").code, "NoSuchKey");
}

TEST_F(Objects, two_writers_leave_one_object_and_no_stray_bytes) {
  put("k", "first");
  s3.before_commit = [&] { put("k", "second"); };
  put("k", "third");
  EXPECT_EQ(get("k").body, "third");
  EXPECT_EQ(s3.documents("s3/bytes/"), 1u);
}

TEST_F(Objects, any_key_is_a_key) {
  for (const std::string& key : std::vector<std::string>{"../../etc/passwd", "a//b/", "/", "sp ace+%41", "\xF0\x9F\x98\x80/\xC3\xA9",
                                                         "a\nb", std::string("a\0b", 3), "_cairn/x"}) {
    EXPECT_TRUE(put(key, "data of " + key).ok()) << key;
    EXPECT_EQ(get(key).body, "data of " + key) << key;
  }
  EXPECT_TRUE(put(std::string(1024, 'k'), "x").ok());
  EXPECT_EQ(put(std::string(1025, 'k'), "x").code, "KeyTooLongError");
  EXPECT_EQ(put("\xff\xfe", "x").code, "InvalidURI");
}

TEST_F(Objects, too_much_metadata_is_refused) {
  EXPECT_TRUE(put("k", "x", {{"Metadata", {{"a", std::string(2047, 'v')}}}}).ok());
  const Answer refused = put("k", "x", {{"Metadata", {{"a", std::string(2048, 'v')}}}});
  EXPECT_EQ(refused.code, "MetadataTooLarge");
  EXPECT_EQ(refused.details.at("MaxSizeAllowed"), "2048");
}

TEST_F(Objects, reading_conditions_hold_or_fail_as_on_s3) {
  put("k", "data");
  const std::string etag = "\"8d777f385d3dfec8815d20f7496026dc\"";
  EXPECT_EQ(get("k", {{"IfMatch", "wrong"}}).details["Condition"], "If-Match");
  EXPECT_EQ(get("k", {{"IfUnmodifiedSince", "2025-12-31T00:00:00Z"}}).details["Condition"], "If-Unmodified-Since");
  const Answer same = get("k", {{"IfNoneMatch", etag}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(get("k", {{"IfNoneMatch", etag.substr(1, 32)}}).status, 304);
  EXPECT_EQ(get("k", {{"IfModifiedSince", "2026-01-01T00:00:00Z"}}).status, 304);
  EXPECT_EQ(get("k", {{"IfModifiedSince", "2030-01-01T00:00:00Z"}}).body, "data");
  EXPECT_EQ(get("k", {{"IfMatch", etag}, {"IfUnmodifiedSince", "2025-12-31T00:00:00Z"}}).body, "data");
  EXPECT_EQ(get("k", {{"IfNoneMatch", "other"}, {"IfModifiedSince", "2026-01-01T00:00:00Z"}}).body, "data");
  EXPECT_EQ(head("k", {{"IfNoneMatch", etag}}).status, 304);
}

TEST_F(Objects, writing_conditions_hold_or_fail_as_on_s3) {
  EXPECT_TRUE(put("k", "", {{"IfNoneMatch", "*"}}).ok());
  EXPECT_EQ(put("k", "x", {{"IfNoneMatch", "*"}}).details["Condition"], "If-None-Match");
  EXPECT_EQ(put("k", "x", {{"IfNoneMatch", "etag"}}).details["Header"], "If-None-Match");
  EXPECT_EQ(put("k", "x", {{"IfMatch", "wrong"}}).code, "PreconditionFailed");
  EXPECT_EQ(put("k", "x", {{"IfMatch", "*"}}).status, 501);
  EXPECT_TRUE(put("k", "x", {{"IfMatch", "\"d41d8cd98f00b204e9800998ecf8427e\""}}).ok());
  EXPECT_EQ(put("absent", "x", {{"IfMatch", "wrong"}}).code, "NoSuchKey");
  EXPECT_EQ(put("k", "x", {{"IfMatch", "a"}, {"IfNoneMatch", "*"}}).details["Header"], "If-Match,If-None-Match");
  EXPECT_EQ(remove("k", {{"IfMatch", "wrong"}}).code, "PreconditionFailed");
  EXPECT_EQ(remove("k", {{"IfMatchSize", 1}}).details["Header"], "x-amz-if-match-size");
  EXPECT_EQ(get("k").body, "x");
}

TEST_F(Objects, a_condition_of_directory_buckets_deletes_nothing) {
  put("k", "data");
  s3.headers = {{"content-md5", "x"}};
  for (const Json& condition : {Json{{"Size", 4}}, Json{{"LastModifiedTime", "2026-01-01T00:00:00Z"}}}) {
    Json item{{"Key", "k"}};
    item.update(condition);
    const Answer answer = s3.call("DeleteObjects", {{"Bucket", "b-1"}, {"Delete", {{"Objects", {item}}}}});
    EXPECT_EQ(answer.out["Errors"][0]["Code"], "NotImplemented");
  }
  EXPECT_EQ(get("k").body, "data");
}

TEST_F(Objects, only_one_of_two_conditional_writers_wins) {
  s3.before_commit = [&] { EXPECT_TRUE(put("k", "other", {{"IfNoneMatch", "*"}}).ok()); };
  EXPECT_EQ(put("k", "mine", {{"IfNoneMatch", "*"}}).code, "PreconditionFailed");
  EXPECT_EQ(get("k").body, "other");
}

TEST_F(Objects, answers_can_be_dressed_by_the_request) {
  put("k", "data", {{"ContentType", "text/plain"}});
  const Answer read =
      get("k", {{"ResponseContentType", "image/png"}, {"ResponseCacheControl", "no-store"}, {"ResponseExpires", "2026-01-02T03:04:05Z"}});
  EXPECT_EQ(read.text("ContentType"), "image/png");
  EXPECT_EQ(read.text("CacheControl"), "no-store");
  EXPECT_EQ(read.headers.at("Expires"), "Fri, 02 Jan 2026 03:04:05 GMT");
}

TEST_F(Objects, expires_comes_back_as_sent_and_chunking_is_no_encoding) {
  s3.headers = {{"expires", "not a date"}};
  put("k", "data", {{"ContentEncoding", "aws-chunked,gzip"}});
  EXPECT_EQ(get("k").headers.at("Expires"), "not a date");
  EXPECT_EQ(get("k").text("ContentEncoding"), "gzip");
  put("k", "data", {{"ContentEncoding", "aws-chunked"}});
  EXPECT_FALSE(get("k").out.contains("ContentEncoding"));
  put("k", "data", {{"ContentEncoding", "deflate, gzip"}});
  EXPECT_EQ(get("k").text("ContentEncoding"), "deflate, gzip");
}

TEST_F(Objects, what_is_not_here_is_refused_and_not_ignored) {
  EXPECT_EQ(put("k", "x", {{"ServerSideEncryption", "aws:kms:dsse"}}).status, 501);
  EXPECT_EQ(put("k", "x", {{"ServerSideEncryption", "rot13"}}).code, "InvalidArgument");
  EXPECT_EQ(put("k", "x", {{"ACL", "public-read"}}).code, "AccessControlListNotSupported");
  EXPECT_TRUE(put("k", "x", {{"ACL", "bucket-owner-full-control"}}).ok());
  EXPECT_EQ(put("k", "x", {{"StorageClass", "GLACIER"}}).status, 501);
  EXPECT_EQ(put("k", "x", {{"StorageClass", "RUBBISH"}}).code, "InvalidStorageClass");
  EXPECT_TRUE(put("k", "x", {{"StorageClass", "STANDARD_IA"}}).ok());
  EXPECT_EQ(get("k").text("StorageClass"), "STANDARD_IA");
  EXPECT_EQ(get("k", {{"VersionId", "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"}}).message, "Invalid version id specified");
  EXPECT_EQ(get("k", {{"VersionId", "null"}}).body, "x");
}

TEST_F(Objects, can_be_read_by_part_number) {
  put("k", "test-123", Json::object(), "CRC32");
  const Answer part = get("k", {{"PartNumber", 1}, {"ChecksumMode", "ENABLED"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.text("ContentRange"), "bytes 0-7/8");
  EXPECT_EQ(part.text("ChecksumCRC32"), "MAPXAg==");
  const Answer beyond = get("k", {{"PartNumber", 2}});
  EXPECT_EQ(beyond.code, "InvalidPartNumber");
  EXPECT_EQ(beyond.details.at("ActualPartCount"), "1");
  EXPECT_EQ(get("k", {{"PartNumber", 1}, {"Range", "bytes=0-1"}}).code, "InvalidRequest");
}

TEST_F(Objects, many_are_deleted_at_once) {
  for (const char* key : {"a", "b", "c"}) put(key, "x");
  EXPECT_EQ(s3.call("DeleteObjects", {{"Bucket", "b-1"}, {"Delete", {{"Objects", {{{"Key", "a"}}}}}}}).message,
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  s3.headers = {{"content-md5", "checked before"}};
  const auto remove_all = [&](Json objects, bool quiet) {
    return s3.call("DeleteObjects", {{"Bucket", "b-1"}, {"Delete", {{"Objects", std::move(objects)}, {"Quiet", quiet}}}});
  };
  const Answer deleted = remove_all(Json::array({{{"Key", "a"}}, {{"Key", "never-there"}}, {{"Key", "b"}, {"VersionId", "abc"}}}), false);
  EXPECT_EQ(deleted.out["Deleted"].size(), 2u);
  ASSERT_EQ(deleted.out["Errors"].size(), 1u);
  EXPECT_EQ(deleted.out["Errors"][0]["Code"], "NoSuchVersion");
  EXPECT_TRUE(remove_all(Json::array({{{"Key", "b"}}, {{"Key", "c"}}}), true).out.empty());
  EXPECT_EQ(s3.documents("s3/object/"), 0u);
  EXPECT_EQ(s3.documents("s3/bytes/"), 0u);
  EXPECT_EQ(remove_all(Json::array(), false).code, "MalformedXML");
  Json many = Json::array();
  for (int i = 0; i < 1001; ++i) many.push_back({{"Key", std::to_string(i)}});
  EXPECT_EQ(remove_all(many, false).code, "MalformedXML");
}

TEST_F(Objects, tags_come_with_the_object_or_later) {
  const auto tags = [&] { return s3.call("GetObjectTagging", {{"Bucket", "b-1"}, {"Key", "k"}}).out["TagSet"]; };
  put("k", "x", {{"Tagging", "tag2=tag2&tag1=tag1&tag="}});
  ASSERT_EQ(tags().size(), 3u);
  EXPECT_EQ(tags()[0]["Key"], "tag");
  EXPECT_EQ(head("k").out["TagCount"], 3);
  const Json set = Json::array({{{"Key", "tag3"}, {"Value", "tag3"}}});
  EXPECT_TRUE(s3.call("PutObjectTagging", {{"Bucket", "b-1"}, {"Key", "k"}, {"Tagging", {{"TagSet", set}}}}).ok());
  ASSERT_EQ(tags().size(), 1u);
  EXPECT_EQ(get("k").body, "x");
  EXPECT_EQ(s3.call("DeleteObjectTagging", {{"Bucket", "b-1"}, {"Key", "k"}}).status, 204);
  EXPECT_TRUE(tags().empty());
  EXPECT_EQ(s3.call("GetObjectTagging", {{"Bucket", "b-1"}, {"Key", "none"}}).code, "NoSuchKey");
  EXPECT_EQ(put("k", "x", {{"Tagging", "key1=val1&key1=val2"}}).code, "InvalidArgument");
  EXPECT_EQ(put("k", "x", {{"Tagging", "key1=val1,key2=val2"}}).code, "InvalidArgument");
  EXPECT_EQ(put("k", "x", {{"Tagging", "a&b&c&d&e&f&g&h&i&j&k"}}).message, "Object tags cannot be greater than 10");
}

TEST_F(Objects, attributes_are_those_asked_for) {
  put("k", "abc", Json::object(), "CRC32");
  const auto attributes = [&](Json names) {
    return s3.call("GetObjectAttributes", {{"Bucket", "b-1"}, {"Key", "k"}, {"ObjectAttributes", std::move(names)}});
  };
  const Answer answer = attributes(Json::array({"ETag", "Checksum", "ObjectSize"}));
  EXPECT_EQ(answer.text("ETag"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(answer.out["ObjectSize"], 3);
  EXPECT_EQ(answer.out["Checksum"]["ChecksumCRC32"], "NSRBwg==");
  EXPECT_FALSE(answer.out.contains("StorageClass"));
  EXPECT_EQ(attributes(Json::array({"Nonsense"})).code, "InvalidArgument");
}

TEST_F(Objects, copies_carry_headers_or_get_new_ones) {
  put("src", "data", {{"ContentType", "application/json"}, {"Metadata", {{"key", "value"}}}, {"Tagging", "a=b"}}, "CRC32");
  const auto copy = [&](const std::string& source, const std::string& key, const Json& more = Json::object()) {
    Json in{{"Bucket", "b-1"}, {"Key", key}, {"CopySource", source}};
    in.update(more);
    return s3.call("CopyObject", in);
  };
  const Answer copied = copy("b-1/src", "dst");
  EXPECT_EQ(copied.out["CopyObjectResult"]["ETag"], "\"8d777f385d3dfec8815d20f7496026dc\"");
  EXPECT_EQ(copied.out["CopyObjectResult"]["ChecksumCRC32"], "rfPzYw==");
  EXPECT_EQ(get("dst").body, "data");
  EXPECT_EQ(get("dst").text("ContentType"), "application/json");
  EXPECT_EQ(get("dst").out["Metadata"]["key"], "value");
  EXPECT_EQ(get("dst").out["TagCount"], 1);
  copy("/b-1/src", "dst", {{"MetadataDirective", "REPLACE"}, {"Metadata", {{"other", "1"}}}, {"TaggingDirective", "REPLACE"}});
  EXPECT_EQ(get("dst").text("ContentType"), "binary/octet-stream");
  EXPECT_FALSE(get("dst").out["Metadata"].contains("key"));
  EXPECT_FALSE(get("dst").out.contains("TagCount"));
  EXPECT_EQ(copy("b-1/src", "src").code, "InvalidRequest");
  EXPECT_TRUE(copy("b-1/src", "src", {{"StorageClass", "STANDARD"}}).ok());
  EXPECT_EQ(get("src").body, "data");
  EXPECT_EQ(copy("b-1/none", "dst").code, "NoSuchKey");
  EXPECT_EQ(copy("other-bucket/none", "dst").code, "NoSuchBucket");
  EXPECT_EQ(copy("nonsense", "dst").message, "Invalid copy source object key");
  EXPECT_EQ(copy("b-1/src", "dst", {{"CopySourceIfMatch", "wrong"}}).details["Condition"], "x-amz-copy-source-If-Match");
  EXPECT_EQ(copy("b-1/src", "dst", {{"CopySourceIfModifiedSince", "2026-01-01T00:00:00Z"}}).code, "PreconditionFailed");
}

TEST_F(Objects, a_large_copy_outlives_its_source_and_a_conflict) {
  const std::string bytes(300'000, 'y');
  put("src", bytes);
  s3.before_commit = [&] { put("dst", "in between"); };
  EXPECT_TRUE(s3.call("CopyObject", {{"Bucket", "b-1"}, {"Key", "dst"}, {"CopySource", "b-1/src"}}).ok());
  EXPECT_EQ(s3.blob_count(), 2u);
  remove("src");
  EXPECT_EQ(get("dst").body, bytes);
  EXPECT_EQ(s3.blob_count(), 1u);
}

TEST_F(Objects, whose_bytes_vanish_while_they_are_copied_are_looked_at_again) {
  put("k", std::string(api::kInlineBytesMax + 1, 'x'));
  s3.blobs().each([&](const blob::BlobId& id) { s3.blobs().remove(id); });
  EXPECT_THROW(s3.call("CopyObject", {{"Bucket", "b-1"}, {"Key", "copy"}, {"CopySource", "b-1/k"}}), api::Outdated);
}

}  // namespace
}  // namespace cairn::s3

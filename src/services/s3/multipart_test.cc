#include "services/s3/harness.h"

namespace cairn::s3 {
namespace {

constexpr size_t kMiB = 1 << 20;

class Multipart : public testing::Test {
 protected:
  Multipart() { s3.call("CreateBucket", {{"Bucket", "b-1"}}); }

  Json in(const std::string& id, const Json& more = Json::object()) {
    Json all{{"Bucket", "b-1"}, {"Key", "k"}, {"UploadId", id}};
    all.update(more);
    return all;
  }
  std::string begin(const Json& more = Json::object()) {
    Json all{{"Bucket", "b-1"}, {"Key", "k"}};
    all.update(more);
    return s3.call("CreateMultipartUpload", all).text("UploadId");
  }
  Answer part(const std::string& id, int number, const std::string& bytes, const std::string& algorithm = "") {
    return s3.call("UploadPart", in(id, {{"PartNumber", number}}), {bytes, algorithm});
  }
  Answer complete(const std::string& id, Json parts, const Json& more = Json::object()) {
    Json all = in(id, {{"MultipartUpload", {{"Parts", std::move(parts)}}}});
    all.update(more);
    return s3.call("CompleteMultipartUpload", all);
  }
  static Json named(int number, const Answer& uploaded) { return {{"PartNumber", number}, {"ETag", uploaded.text("ETag")}}; }

  Harness s3;
  const std::string big = std::string(5 * kMiB + 1, 'a'), small = std::string(10, 'a');
};

// Values recorded on S3 for the same bytes.
TEST_F(Multipart, an_upload_becomes_an_object_with_s3s_etag_and_checksum) {
  const std::string id = begin({{"ChecksumAlgorithm", "CRC32"}, {"ContentType", "text/plain"}});
  Json parts = Json::array();
  for (int number : {1, 2, 3}) {
    const Answer uploaded = part(id, number, number == 3 ? small : big, "CRC32");
    parts.push_back(named(number, uploaded));
    parts.back()["ChecksumCRC32"] = uploaded.text("ChecksumCRC32");
  }
  EXPECT_EQ(parts[0]["ETag"], "\"c4c753e69bb853187f5854c46cf801c6\"");
  EXPECT_EQ(parts[2]["ChecksumCRC32"], "TBHN8A==");
  Json without = parts;
  without[0].erase("ChecksumCRC32");
  EXPECT_EQ(complete(id, without).message,
            "The upload was created using a crc32 checksum. The complete request must include the checksum "
            "for each part. It was missing for part 1 in the request.");
  EXPECT_EQ(complete(id, parts, {{"ChecksumCRC32", "5FRUiw==-2"}}).code, "BadDigest");
  EXPECT_EQ(complete(id, parts, {{"ChecksumCRC32", "AAAAAA=="}}).code, "BadDigest");
  const Answer completed = complete(id, parts, {{"ChecksumCRC32", "5FRUiw=="}});  // with -3, too: s3_test.py
  EXPECT_EQ(completed.text("ETag"), "\"4d45984fc3feb2ac9b22683c49674b56-3\"");
  EXPECT_EQ(completed.text("ChecksumCRC32"), "5FRUiw==-3");
  EXPECT_EQ(completed.text("ChecksumType"), "COMPOSITE");
  EXPECT_EQ(completed.text("Location"), "http://127.0.0.1:4566/b-1/k");
  EXPECT_LT(completed.entry_bytes, 4096u);

  const Answer read = s3.get("b-1", "k", {{"ChecksumMode", "ENABLED"}});
  EXPECT_EQ(read.body, big + big + small);
  EXPECT_EQ(read.text("ChecksumCRC32"), "5FRUiw==-3");
  EXPECT_EQ(read.text("ContentType"), "text/plain");
  const Answer third = s3.get("b-1", "k", {{"PartNumber", 3}, {"ChecksumMode", "ENABLED"}});
  EXPECT_EQ(third.text("ContentRange"), "bytes 10485762-10485771/10485772");
  EXPECT_EQ(third.text("ChecksumCRC32"), "TBHN8A==");
  EXPECT_EQ(third.out["PartsCount"], 3);
  EXPECT_EQ(s3.get("b-1", "k", {{"Range", "bytes=5242879-5242882"}}).body, "aaaa");

  const Answer attributes =
      s3.call("GetObjectAttributes", {{"Bucket", "b-1"}, {"Key", "k"}, {"ObjectAttributes", {"Checksum", "ObjectParts"}}});
  EXPECT_EQ(attributes.out["Checksum"]["ChecksumCRC32"], "5FRUiw==");
  EXPECT_EQ(attributes.out["ObjectParts"]["TotalPartsCount"], 3);
  EXPECT_EQ(attributes.out["ObjectParts"]["Parts"][2]["Size"], 10);

  const Answer copied = s3.call("CopyObject", {{"Bucket", "b-1"}, {"Key", "copy"}, {"CopySource", "b-1/k"}});
  EXPECT_EQ(copied.out["CopyObjectResult"]["ETag"], "\"a0397ee2df08832642af5d7e57c5760c\"");
  EXPECT_EQ(copied.out["CopyObjectResult"]["ChecksumCRC32"], "qSEQSA==");
  EXPECT_EQ(copied.out["CopyObjectResult"]["ChecksumType"], "FULL_OBJECT");

  EXPECT_EQ(complete(id, parts).text("ETag"), completed.text("ETag"));  // the answer was lost, the client asks again
  s3.call("DeleteObject", {{"Bucket", "b-1"}, {"Key", "k"}});
  EXPECT_EQ(s3.documents("s3/part/"), 0u);
  EXPECT_EQ(s3.blob_count(), 1u);  // the copy's
  EXPECT_EQ(complete(id, parts).code, "NoSuchUpload");
}

TEST_F(Multipart, without_an_algorithm_the_whole_gets_crc64nvme) {
  const std::string id = begin();
  const Answer one = part(id, 1, big, "CRC32"), two = part(id, 2, small, "CRC32");
  EXPECT_EQ(one.text("ChecksumCRC32"), "NRU+Sw==");
  const Answer completed = complete(id, Json::array({named(1, one), named(2, two)}));
  EXPECT_EQ(completed.text("ChecksumType"), "FULL_OBJECT");
  EXPECT_EQ(completed.text("ChecksumCRC64NVME"), text::base64(crypto::digest(crypto::Algorithm::kCrc64Nvme, big + small)));
}

TEST_F(Multipart, checksums_must_fit_the_upload) {
  EXPECT_EQ(s3.call("CreateMultipartUpload", {{"Bucket", "b-1"}, {"Key", "k"}, {"ChecksumType", "COMPOSITE"}}).message,
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
  EXPECT_EQ(
      s3.call("CreateMultipartUpload", {{"Bucket", "b-1"}, {"Key", "k"}, {"ChecksumAlgorithm", "CRC64NVME"}, {"ChecksumType", "COMPOSITE"}})
          .message,
      "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.");
  EXPECT_EQ(
      s3.call("CreateMultipartUpload", {{"Bucket", "b-1"}, {"Key", "k"}, {"ChecksumAlgorithm", "SHA1"}, {"ChecksumType", "FULL_OBJECT"}})
          .message,
      "The FULL_OBJECT checksum type cannot be used with the sha1 checksum algorithm.");
  const std::string sha = begin({{"ChecksumAlgorithm", "SHA256"}});
  EXPECT_EQ(part(sha, 1, "abc", "CRC32").message,
            "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32");
  const std::string crc = begin({{"ChecksumAlgorithm", "CRC32C"}, {"ChecksumType", "FULL_OBJECT"}});
  const Answer uploaded = part(crc, 1, "abc");
  EXPECT_EQ(uploaded.text("ChecksumCRC32C"), "Nks/tw==");
  EXPECT_EQ(complete(crc, Json::array({named(1, uploaded)}), {{"ChecksumType", "COMPOSITE"}}).message,
            "The upload was created using the FULL_OBJECT checksum mode. The complete request must use the same checksum mode.");
  EXPECT_EQ(complete(crc, Json::array({named(1, uploaded)}), {{"ChecksumCRC32C", "AAAAAA=="}}).message,
            "The crc32c you specified did not match the calculated checksum.");
  EXPECT_TRUE(complete(crc, Json::array({named(1, uploaded)}), {{"ChecksumCRC32C", "Nks/tw=="}}).ok());
}

TEST_F(Multipart, parts_must_be_there_in_order_and_large_enough) {
  const std::string id = begin();
  const Answer one = part(id, 1, "data"), two = part(id, 2, "data");
  EXPECT_EQ(complete(id, Json::array()).message, "You must specify at least one part");
  const Answer tiny = complete(id, Json::array({named(1, one), named(2, two)}));
  EXPECT_EQ(tiny.code, "EntityTooSmall");
  EXPECT_EQ(tiny.details.at("MinSizeAllowed"), "5242880");
  EXPECT_EQ(tiny.details.at("ProposedSize"), "4");
  EXPECT_EQ(complete(id, Json::array({named(2, two), named(1, one)})).code, "InvalidPartOrder");
  const Answer absent = complete(id, Json::array({named(3, one)}));
  EXPECT_EQ(absent.code, "InvalidPart");
  EXPECT_EQ(absent.details.at("PartNumber"), "3");
  EXPECT_EQ(complete(id, Json::array({{{"PartNumber", 1}, {"ETag", "wrong"}}})).code, "InvalidPart");
  EXPECT_EQ(complete(id, Json::array({named(1, one)}), {{"MpuObjectSize", 5}}).message,
            "The provided 'x-amz-mp-object-size' header value 5 does not match what was computed: 4");
  EXPECT_EQ(part(id, 0, "x").code, "InvalidArgument");
  EXPECT_EQ(part(id, 10'001, "x").message, "Part number must be an integer between 1 and 10000, inclusive");
  EXPECT_TRUE(complete(id, Json::array({named(1, one)}), {{"MpuObjectSize", 4}}).ok());
  EXPECT_EQ(s3.documents("s3/part/"), 1u);  // the part that was not named is gone
  EXPECT_EQ(s3.documents("s3/bytes/"), 1u);
}

TEST_F(Multipart, an_unknown_upload_or_another_key_is_no_upload) {
  const std::string id = begin();
  EXPECT_EQ(part("fakeid", 1, "x").code, "NoSuchUpload");
  EXPECT_EQ(complete("fakeid", Json::array({{{"PartNumber", 1}, {"ETag", "e"}}})).details["UploadId"], "fakeid");
  EXPECT_EQ(s3.call("AbortMultipartUpload", {{"Bucket", "b-1"}, {"Key", "other"}, {"UploadId", id}}).code, "NoSuchUpload");
  EXPECT_EQ(s3.call("ListParts", in("../x")).code, "NoSuchUpload");
}

TEST_F(Multipart, aborting_leaves_nothing) {
  const std::string id = begin();
  part(id, 1, big);
  part(id, 1, big + "replaced");
  part(id, 2, small);
  EXPECT_EQ(s3.blob_count(), 1u);
  EXPECT_EQ(s3.call("AbortMultipartUpload", in(id)).status, 204);
  EXPECT_EQ(s3.blob_count(), 0u);
  EXPECT_EQ(s3.documents("s3/part/") + s3.documents("s3/upload/") + s3.documents("s3/bytes/"), 0u);
}

TEST_F(Multipart, parts_are_copied_from_ranges_of_objects) {
  s3.put("b-1", "source", "0123456789");
  const std::string id = begin();
  const auto copy = [&](int number, const Json& more) {
    Json all = in(id, {{"PartNumber", number}, {"CopySource", "b-1/source"}});
    all.update(more);
    return s3.call("UploadPartCopy", all);
  };
  const Answer copied = copy(1, {{"CopySourceRange", "bytes=0-8"}});
  EXPECT_EQ(copied.out["CopyPartResult"]["ETag"], "\"22975d8a5ed1b91445f6c55ac121505b\"");
  EXPECT_EQ(copy(2, {{"CopySourceRange", "bytes=0-100"}}).message, "Range specified is not valid for source object of size: 10");
  EXPECT_EQ(copy(2, {{"CopySourceRange", "bytes=100-200"}}).message, "The specified copy range is invalid for the source object size");
  EXPECT_EQ(copy(2, {{"CopySourceIfNoneMatch", "*"}}).code, "PreconditionFailed");
  EXPECT_TRUE(complete(id, Json::array({{{"PartNumber", 1}, {"ETag", copied.out["CopyPartResult"]["ETag"]}}})).ok());
  EXPECT_EQ(s3.get("b-1", "k").body, "012345678");
}

TEST_F(Multipart, parts_and_uploads_are_listed_by_page) {
  const std::string id = begin({{"ChecksumAlgorithm", "CRC32"}});
  for (int number : {1, 2, 5}) part(id, number, "data");
  const Answer first = s3.call("ListParts", in(id, {{"MaxParts", 2}}));
  EXPECT_EQ(first.out["Parts"].size(), 2u);
  EXPECT_EQ(first.out["NextPartNumberMarker"], 2);
  EXPECT_TRUE(first.out["IsTruncated"].get<bool>());
  EXPECT_EQ(first.out["Parts"][0]["ChecksumCRC32"], "rfPzYw==");
  EXPECT_EQ(first.out["Initiator"]["ID"], "arn:aws:iam::111122223333:user/alice");
  const Answer second = s3.call("ListParts", in(id, {{"PartNumberMarker", 2}}));
  ASSERT_EQ(second.out["Parts"].size(), 1u);
  EXPECT_EQ(second.out["Parts"][0]["PartNumber"], 5);

  s3.clock().advance(std::chrono::seconds(1));
  const std::string later = begin();
  s3.call("CreateMultipartUpload", {{"Bucket", "b-1"}, {"Key", "k/2"}});
  const auto list = [&](Json more) {
    Json all{{"Bucket", "b-1"}};
    all.update(more);
    return s3.call("ListMultipartUploads", all);
  };
  const Answer all = list(Json::object());
  ASSERT_EQ(all.out["Uploads"].size(), 3u);
  EXPECT_EQ(all.out["Uploads"][0]["UploadId"], id);
  EXPECT_EQ(all.out["Uploads"][1]["UploadId"], later);
  EXPECT_EQ(all.out["Uploads"][2]["Key"], "k/2");
  const Answer page = list({{"MaxUploads", 1}});
  EXPECT_TRUE(page.out["IsTruncated"].get<bool>());
  const Answer next = list({{"KeyMarker", page.text("NextKeyMarker")}, {"UploadIdMarker", page.text("NextUploadIdMarker")}});
  ASSERT_EQ(next.out["Uploads"].size(), 2u);
  EXPECT_EQ(next.out["Uploads"][0]["UploadId"], later);
  EXPECT_EQ(list({{"KeyMarker", "k"}}).out["Uploads"].size(), 1u);
  const Answer folded = list({{"Delimiter", "/"}});
  EXPECT_EQ(folded.out["Uploads"].size(), 2u);
  EXPECT_EQ(folded.out["CommonPrefixes"][0]["Prefix"], "k/");
}

TEST_F(Multipart, ten_thousand_parts_fit_one_journal_entry) {
  const std::string id = begin();
  for (int number = 1; number <= 10'000; ++number) ASSERT_TRUE(part(id, number, "x").ok());
  const Answer aborted = s3.call("AbortMultipartUpload", in(id));
  EXPECT_EQ(aborted.status, 204);
  EXPECT_GT(aborted.entry_bytes, 600u << 10);
  EXPECT_EQ(s3.documents("s3/part/"), 0u);
}

}  // namespace
}  // namespace cairn::s3

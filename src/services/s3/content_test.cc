#include "services/s3/content.h"

#include "base/log.h"
#include "services/s3/harness.h"
#include "services/s3/keys.h"
#include "services/s3/object.h"

namespace cairn::s3 {
namespace {

const std::string kSecretText = "the quick brown fox jumps over the lazy dog";

struct ContentTest : testing::Test {
  Harness s3;
  env::SimRandom random{5};

  ContentTest() {
    log::set_threshold(log::Level::kError);
    s3.call("CreateBucket", {{"Bucket", "box"}});
  }
  std::string document(const std::string& key) {
    state::Transaction state(s3.store());
    return state.get(key).value_or("");
  }
  void put_document(const std::string& key, std::string value) {
    state::Transaction state(s3.store());
    state.put(key, std::move(value));
    ASSERT_TRUE(s3.commit(state));
  }
  Object object(const std::string& key) { return decode_object(document(keys::object("box", key))); }
  static std::string id_of(const Object& object) { return object.content.substr(1, object.content.find('.') - 1); }
  std::string large() {
    std::string bytes;
    while (bytes.size() < 300'000) bytes += kSecretText;
    return bytes;
  }
  /// Everything that is kept: documents and blobs.
  std::string all_that_is_kept() {
    std::string all;
    state::Transaction state(s3.store());
    for (const state::Item& item : state.list("", "", 1000).items) all += item.value;
    s3.blobs().each([&](const blob::BlobId& id) {
      auto reader = s3.blobs().open(id).value();
      std::string bytes(reader->size(), '\0');
      ASSERT_EQ(reader->read(0, bytes).value(), bytes.size());
      all += bytes;
    });
    return all;
  }
};

TEST_F(ContentTest, NothingIsKeptInTheClear) {
  EXPECT_EQ(s3.put("box", "small", kSecretText).code, "");
  EXPECT_EQ(s3.put("box", "large", large()).code, "");
  EXPECT_EQ(s3.call("CopyObject", {{"Bucket", "box"}, {"Key", "copy"}, {"CopySource", "box/large"}}).code, "");
  const std::string upload = s3.call("CreateMultipartUpload", {{"Bucket", "box"}, {"Key", "parts"}}).text("UploadId");
  for (int part = 1; part <= 2; ++part)
    EXPECT_EQ(s3.call("UploadPart", {{"Bucket", "box"}, {"Key", "parts"}, {"UploadId", upload}, {"PartNumber", part}},
                      {part == 1 ? large() : kSecretText, ""})
                  .code,
              "");
  EXPECT_EQ(all_that_is_kept().find(kSecretText.substr(0, 12)), std::string::npos);
  EXPECT_EQ(s3.get("box", "small").body, kSecretText);
  EXPECT_EQ(s3.get("box", "large").body, large());
  EXPECT_EQ(s3.get("box", "copy").body, large());
  EXPECT_EQ(s3.get("box", "copy", {{"Range", "bytes=65530-131080"}}).body, large().substr(65530, 65551));
}

TEST_F(ContentTest, OfTheSameBytesNoTwoContentsAreAlike) {
  s3.put("box", "a", kSecretText);
  s3.put("box", "b", kSecretText);
  EXPECT_NE(document(keys::bytes(id_of(object("a")))), document(keys::bytes(id_of(object("b")))));
}

TEST_F(ContentTest, AFlippedBitIsAnErrorAndIsCounted) {
  s3.put("box", "small", kSecretText);
  const std::string at = keys::bytes(id_of(object("small")));
  const std::string sealed = document(at);
  size_t tried = 0;
  for (size_t i = 0; i < sealed.size() - 4; i += 7) {  // the last four are the checksum, which who has the key does not look at
    std::string flipped = sealed;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << random.below(8)));
    put_document(at, flipped);
    const Answer answer = s3.get("box", "small");
    ASSERT_EQ(answer.code, "InternalError");
    ASSERT_EQ(answer.body, "");
    ASSERT_EQ(s3.damage.count(), ++tried);
  }
  put_document(at, sealed.substr(0, sealed.size() - 1));
  EXPECT_EQ(s3.get("box", "small").code, "InternalError");
  put_document(at, sealed);
  EXPECT_EQ(s3.get("box", "small").body, kSecretText);
}

TEST_F(ContentTest, AnObjectsDocumentOpensUnderItsOwnNameOnly) {
  s3.put("box", "mine", kSecretText);
  s3.put("box", "yours", std::string(kSecretText.size(), 'x'));
  const std::string mine = document(keys::object("box", "mine"));
  put_document(keys::object("box", "yours"), mine);
  EXPECT_EQ(s3.get("box", "yours").code, "InternalError");
  EXPECT_EQ(s3.get("box", "mine").body, kSecretText);

  // The bytes of one under the name of the other's.
  s3.put("box", "yours", std::string(kSecretText.size(), 'x'));
  const std::string my_bytes = document(keys::bytes(id_of(object("mine"))));
  put_document(keys::bytes(id_of(object("yours"))), my_bytes);
  EXPECT_EQ(s3.get("box", "yours").code, "InternalError");
}

TEST_F(ContentTest, PartsKeepTheirNumberAndTheirUpload) {
  std::string uploads[2];
  for (std::string& upload : uploads) {
    upload = s3.call("CreateMultipartUpload", {{"Bucket", "box"}, {"Key", "parts"}}).text("UploadId");
    Json parts = Json::array();
    for (int number = 1; number <= 2; ++number) {
      const Answer part = s3.call("UploadPart", {{"Bucket", "box"}, {"Key", "parts"}, {"UploadId", upload}, {"PartNumber", number}},
                                  {number == 1 ? std::string(5 << 20, 'a') : std::string(5 << 20, 'b'), ""});
      parts.push_back({{"PartNumber", number}, {"ETag", part.text("ETag")}});
    }
    if (&upload != uploads) continue;
    const Json in{{"Bucket", "box"}, {"Key", "parts"}, {"UploadId", upload}, {"MultipartUpload", {{"Parts", parts}}}};
    EXPECT_EQ(s3.call("CompleteMultipartUpload", in).code, "");
  }
  const std::string first = document(keys::part(uploads[0], 1)), second = document(keys::part(uploads[0], 2));
  EXPECT_EQ(s3.get("box", "parts", {{"Range", "bytes=0-0"}}).body, "a");
  put_document(keys::part(uploads[0], 1), second);
  put_document(keys::part(uploads[0], 2), first);
  EXPECT_EQ(s3.get("box", "parts", {{"Range", "bytes=0-0"}}).code, "InternalError");
  put_document(keys::part(uploads[0], 1), document(keys::part(uploads[1], 1)));
  EXPECT_EQ(s3.get("box", "parts", {{"Range", "bytes=0-0"}}).code, "InternalError");
}

TEST_F(ContentTest, WhatWasKeptInTheClearIsReadAsEver) {
  s3.put("box", "old", kSecretText);
  s3.put("box", "old-large", "x");
  Object small = object("old"), big = object("old-large");
  put_document(keys::bytes(id_of(small)), kSecretText);
  small.content = "i" + id_of(small);
  put_document(keys::object("box", "old"), encode(small));
  auto writer = s3.blobs().create().value();
  ASSERT_TRUE(writer->append(large()));
  const blob::BlobId id = writer->finish().value();
  put_document(keys::blob(id.str()), keys::object("box", "old-large"));
  big.content = "b" + id.str();
  big.size = large().size();
  put_document(keys::object("box", "old-large"), encode(big));

  EXPECT_EQ(s3.get("box", "old").body, kSecretText);
  EXPECT_EQ(s3.get("box", "old-large").body, large());
  EXPECT_EQ(s3.get("box", "old-large", {{"Range", "bytes=100000-100009"}}).body, large().substr(100'000, 10));
  EXPECT_EQ(s3.call("CopyObject", {{"Bucket", "box"}, {"Key", "old"}, {"CopySource", "box/old-large"}}).code, "");
  EXPECT_TRUE(object("old").content.starts_with('B')) << "a copy is sealed";
  EXPECT_EQ(s3.get("box", "old").body, large());
  s3.call("DeleteObject", {{"Bucket", "box"}, {"Key", "old-large"}});
  EXPECT_EQ(s3.blob_count(), 1u);
}

}  // namespace
}  // namespace cairn::s3

#include "services/s3/examine.h"

#include "services/s3/content_name.h"
#include "services/s3/harness.h"
#include "services/s3/keys.h"
#include "services/s3/object.h"

namespace cairn::s3 {
namespace {

struct ExamineTest : testing::Test {
  Harness s3;
  std::vector<Finding> findings;

  ExamineTest() {
    s3.call("CreateBucket", {{"Bucket", "box"}});
    s3.put("box", "small", "some bytes");
    s3.put("box", "large", std::string(200'000, 'x'));
    s3.put("box", "empty", "");
    const std::string upload = s3.call("CreateMultipartUpload", {{"Bucket", "box"}, {"Key", "parts"}}).text("UploadId");
    s3.call("UploadPart", {{"Bucket", "box"}, {"Key", "parts"}, {"UploadId", upload}, {"PartNumber", 1}}, {"a part", ""});
  }
  /// A whole round, of small steps.
  Examination::Orphans examine() {
    findings.clear();
    Examination examination({.store = s3.store(), .blobs = s3.blobs(), .object_key = s3.ports().object_key, .finds_orphans = true},
                            [this](Finding finding) { findings.push_back(std::move(finding)); });
    while (examination.step(1)) {
    }
    EXPECT_EQ(examination.contents() > 0, true);
    return examination.find_orphans();
  }
  std::string document(const std::string& key) {
    state::Transaction state(s3.store());
    return state.get(key).value_or("");
  }
  void put_document(const std::string& key, std::optional<std::string> value) {
    state::Transaction state(s3.store());
    if (value) state.put(key, std::move(*value));
    else state.erase(key);
    ASSERT_TRUE(s3.commit(state));
  }
  std::string id_of(const std::string& key) { return parse_content(decode_object(document(keys::object("box", key))).content)->id; }
  std::string found() const {
    std::string all;
    for (const Finding& finding : findings) all += fmt::format("{} {}\n", name_of(finding.kind), finding.what);
    return all;
  }
};

TEST_F(ExamineTest, NothingSoundIsComplainedOf) {
  const Examination::Orphans orphans = examine();
  EXPECT_EQ(found(), "");
  EXPECT_TRUE(orphans.documents.empty() && orphans.blobs.empty());
}

TEST_F(ExamineTest, AChangedDocumentOfBytesIsFound) {
  const std::string at = keys::bytes(id_of("small")), sealed = document(at);
  for (size_t i = 0; i + 4 < sealed.size(); ++i) {
    std::string flipped = sealed;
    flipped[i] = static_cast<char>(flipped[i] ^ 4);
    put_document(at, flipped);
    examine();
    ASSERT_EQ(found(), "damaged " + at + "\n");
  }
  put_document(at, std::nullopt);
  examine();
  EXPECT_EQ(found(), "missing " + at + "\n");
}

TEST_F(ExamineTest, ABlobThatIsGoneOrAnothersIsFound) {
  const std::string id = id_of("large");
  s3.put("box", "other", std::string(200'000, 'y'));
  put_document(keys::object("box", "large"), document(keys::object("box", "other")));
  const Examination::Orphans orphans = examine();
  EXPECT_EQ(found(), fmt::format("damaged s3/object/box/large\norphan blob/{}\n", id));
  EXPECT_EQ(orphans.documents, std::vector<std::string>{"blob/" + id});
  s3.blobs().remove(blob::BlobId(id_of("other")));
  examine();
  EXPECT_NE(found().find("missing blob " + id_of("other")), std::string::npos);
}

TEST_F(ExamineTest, DocumentsThatAreNoneDoNotEndIt) {
  for (const char* junk : {"", "{", "[]", "{\"content\":\"X\"}", "{\"content\":\"Iabc\"}", "{\"content\":\"Iabc.zz\"}",
                           "{\"headers\":{\"a\":1}}", "{\"tags\":7}"}) {
    put_document(keys::object("box", "junk"), junk);
    examine();
    EXPECT_EQ(found().find("unreadable s3/object/box/junk"), 0u) << junk << ": " << found();
  }
}

TEST(ContentNames, AreTakenApartOrRefused) {
  EXPECT_EQ(parse_content("")->id, "");
  EXPECT_EQ(parse_content("iabc")->id, "abc");
  EXPECT_FALSE(parse_content("babc")->is_sealed);
  const std::string key = text::base64(std::string(64, 'k'));
  EXPECT_EQ(parse_content("Babc." + key)->key, std::string(64, 'k'));
  for (const std::string& wrong :
       {std::string("x"), std::string("I"), std::string("Iabc"), std::string("iabc.x"), "I." + key, "Iabc." + key + "A"})
    EXPECT_FALSE(parse_content(wrong)) << wrong;
}

}  // namespace
}  // namespace cairn::s3

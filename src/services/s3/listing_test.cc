#include <set>

#include "services/s3/harness.h"

namespace cairn::s3 {
namespace {

class Listing : public testing::Test {
 protected:
  Listing() { s3.call("CreateBucket", {{"Bucket", "b-1"}}); }

  void put(std::initializer_list<const char*> keys) {
    for (const char* key : keys) s3.put("b-1", key, "x");
  }
  static std::string shown(const Answer& answer, const char* contents = "Contents") {
    std::string text;
    if (answer.out.contains(contents))
      for (const Json& item : answer.out[contents]) text += item["Key"].get<std::string>() + " ";
    if (answer.out.contains("CommonPrefixes"))
      for (const Json& item : answer.out["CommonPrefixes"]) text += "[" + item["Prefix"].get<std::string>() + "] ";
    return text;
  }
  Answer list(const char* operation, const Json& more) {
    Json in{{"Bucket", "b-1"}};
    in.update(more);
    return s3.call(operation, in);
  }
  /// All pages of ListObjectsV2.
  std::string pages(Json in, int& count) {
    std::string all;
    count = 0;
    while (true) {
      const Answer page = list("ListObjectsV2", in);
      ++count;
      all += shown(page);
      if (!page.out["IsTruncated"].get<bool>()) return all;
      in["ContinuationToken"] = page.text("NextContinuationToken");
    }
  }

  Harness s3;
};

TEST_F(Listing, gives_keys_in_byte_order_with_what_s3_tells_of_them) {
  put({"b", "a/1", "\xC3\xA9", "a", "B"});
  const Answer answer = list("ListObjectsV2", Json::object());
  EXPECT_EQ(shown(answer), "B a a/1 b \xC3\xA9 ");
  EXPECT_EQ(answer.out["KeyCount"], 5);
  EXPECT_EQ(answer.out["MaxKeys"], 1000);
  EXPECT_EQ(answer.text("Name"), "b-1");
  const Json first = answer.out["Contents"][0];
  EXPECT_EQ(first["Size"], 1);
  EXPECT_EQ(first["StorageClass"], "STANDARD");
  EXPECT_EQ(first["LastModified"], "2026-01-01T00:00:00.000Z");
  EXPECT_FALSE(first.contains("Owner"));
  EXPECT_TRUE(list("ListObjectsV2", {{"FetchOwner", true}}).out["Contents"][0].contains("Owner"));
  EXPECT_TRUE(list("ListObjects", Json::object()).out["Contents"][0].contains("Owner"));
}

TEST_F(Listing, folds_what_lies_behind_a_delimiter) {
  put({"a", "photos/2025/1", "photos/2025/2", "photos/2026/1", "photos/index", "photos0", "z"});
  EXPECT_EQ(shown(list("ListObjectsV2", {{"Delimiter", "/"}})), "a photos0 z [photos/] ");
  EXPECT_EQ(shown(list("ListObjectsV2", {{"Delimiter", "/"}, {"Prefix", "photos/"}})), "photos/index [photos/2025/] [photos/2026/] ");
  EXPECT_EQ(shown(list("ListObjectsV2", {{"Prefix", "photos"}, {"Delimiter", "20"}})), "photos/index photos0 [photos/20] ");
  EXPECT_EQ(shown(list("ListObjectsV2", {{"Prefix", "photos/2026/1"}})), "photos/2026/1 ");
}

TEST_F(Listing, pages_neither_miss_nor_repeat) {
  std::string keys, folded;
  for (char folder = 'a'; folder <= 'e'; ++folder) {
    folded += fmt::format("[{}/] ", folder);
    for (int i = 0; i < 40; ++i) {
      const std::string key = fmt::format("{}/{:02}", folder, i);
      s3.put("b-1", key, "x");
      keys += key + " ";
    }
  }
  int count = 0;
  for (int size : {1, 7, 40, 199, 200, 201}) {
    EXPECT_EQ(pages({{"MaxKeys", size}}, count), keys) << size;
    EXPECT_EQ(count, (200 + size - 1) / size);
  }
  for (int size : {1, 2, 5, 6}) {
    EXPECT_EQ(pages({{"MaxKeys", size}, {"Delimiter", "/"}}, count), folded) << size;
    EXPECT_EQ(count, (5 + size - 1) / size);
  }
}

TEST_F(Listing, version_1_goes_on_from_its_marker) {
  put({"a/1", "a/2", "b", "c/1"});
  const Answer first = list("ListObjects", {{"MaxKeys", 1}, {"Delimiter", "/"}});
  EXPECT_EQ(shown(first), "[a/] ");
  EXPECT_EQ(first.text("NextMarker"), "a/");
  EXPECT_EQ(shown(list("ListObjects", {{"Delimiter", "/"}, {"Marker", "a/"}})), "b [c/] ");
  const Answer plain = list("ListObjects", {{"MaxKeys", 1}});
  EXPECT_TRUE(plain.out["IsTruncated"].get<bool>());
  EXPECT_FALSE(plain.out.contains("NextMarker"));
  EXPECT_EQ(shown(list("ListObjects", {{"Marker", "a/1"}})), "a/2 b c/1 ");
  EXPECT_EQ(shown(list("ListObjects", {{"Marker", "a/15"}})), "a/2 b c/1 ");
}

TEST_F(Listing, encodes_names_on_request) {
  put({"sp ace/\xC3\xA9+"});
  const Answer answer = list("ListObjectsV2", {{"EncodingType", "url"}, {"Prefix", "sp "}, {"StartAfter", "a b"}});
  EXPECT_EQ(shown(answer), "sp%20ace/%C3%A9%2B ");
  EXPECT_EQ(answer.text("Prefix"), "sp%20");
  EXPECT_EQ(answer.text("StartAfter"), "a%20b");
  EXPECT_EQ(list("ListObjectsV2", {{"EncodingType", "xml"}}).message, "Invalid Encoding Method specified in Request");
}

TEST_F(Listing, refuses_what_is_no_token_or_size) {
  EXPECT_EQ(list("ListObjectsV2", {{"ContinuationToken", "nonsense"}}).message, "The continuation token provided is incorrect");
  EXPECT_EQ(list("ListObjectsV2", {{"ContinuationToken", ""}}).code, "InvalidArgument");
  EXPECT_EQ(list("ListObjectsV2", {{"MaxKeys", -1}}).code, "InvalidArgument");
  put({"a"});
  const Answer none = list("ListObjectsV2", {{"MaxKeys", 0}});
  EXPECT_EQ(none.out["KeyCount"], 0);
  EXPECT_FALSE(none.out["IsTruncated"].get<bool>());
}

TEST_F(Listing, of_versions_shows_the_one_there_is) {
  put({"a", "b"});
  const Answer answer = list("ListObjectVersions", {{"MaxKeys", 1}});
  EXPECT_EQ(shown(answer, "Versions"), "a ");
  EXPECT_EQ(answer.out["Versions"][0]["VersionId"], "null");
  EXPECT_TRUE(answer.out["Versions"][0]["IsLatest"].get<bool>());
  EXPECT_EQ(answer.text("NextKeyMarker"), "a");
  EXPECT_EQ(shown(list("ListObjectVersions", {{"KeyMarker", "a"}, {"VersionIdMarker", "null"}}), "Versions"), "b ");
  EXPECT_EQ(list("ListObjectVersions", {{"VersionIdMarker", "null"}}).message,
            "A version-id marker cannot be specified without a key marker.");
}

/// What S3's documents say of a listing, without any jumping over.
std::vector<std::string> plain_listing(const std::set<std::string>& keys, const std::string& prefix, const std::string& delimiter,
                                       const std::string& after) {
  std::vector<std::string> names;
  for (const std::string& key : keys) {
    if (key <= after || !key.starts_with(prefix)) continue;
    const size_t at = delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
    const std::string name = at == std::string::npos ? key : "[" + key.substr(0, at + delimiter.size()) + "]";
    if (at != std::string::npos && after.starts_with(key.substr(0, at + delimiter.size()))) continue;
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return names;
}

TEST_F(Listing, agrees_with_a_plain_one_for_any_keys) {
  env::SimRandom random(7);
  const auto draw = [&](size_t longest) {
    std::string text;
    for (size_t n = random.below(longest + 1); n > 0; --n) text += "ab/"[random.below(3)];
    return text;
  };
  std::set<std::string> keys;
  for (int i = 0; i < 150; ++i) {
    const std::string key = "k" + draw(9);
    keys.insert(key);
    s3.put("b-1", key, "x");
  }
  for (int round = 0; round < 300; ++round) {
    const std::string prefix = random.one_in(2) ? "" : "k" + draw(3), after = random.one_in(2) ? "" : "k" + draw(5);
    const std::string delimiter = std::array<std::string, 4>{"", "/", "a", "b/"}[random.below(4)];
    const size_t size = 1 + random.below(20);
    std::vector<std::string> given;
    Json in{{"Prefix", prefix}, {"Delimiter", delimiter}, {"StartAfter", after}, {"MaxKeys", size}};
    while (true) {
      const Answer page = list("ListObjectsV2", in);
      std::vector<std::pair<std::string, std::string>> merged;  // by position, as a client puts keys and prefixes together
      for (const Json& item : page.out.value("Contents", Json::array())) merged.emplace_back(item["Key"], item["Key"]);
      for (const Json& item : page.out.value("CommonPrefixes", Json::array()))
        merged.emplace_back(item["Prefix"], "[" + item["Prefix"].get<std::string>() + "]");
      std::ranges::sort(merged);
      EXPECT_LE(merged.size(), size);
      for (auto& [position, name] : merged) given.push_back(std::move(name));
      if (!page.out["IsTruncated"].get<bool>()) break;
      ASSERT_EQ(merged.size(), size);
      in["ContinuationToken"] = page.text("NextContinuationToken");
    }
    EXPECT_EQ(given, plain_listing(keys, prefix, delimiter, after)) << prefix << " | " << delimiter << " | " << after << " | " << size;
  }
}

}  // namespace
}  // namespace cairn::s3

#include <set>

#include "services/s3/harness.h"
#include "services/s3/version_name.h"

namespace cairn::s3 {
namespace {

class Versions : public testing::Test {
 protected:
  Versions() { s3.call("CreateBucket", {{"Bucket", "b-1"}}); }

  Answer call(std::string_view operation, const Json& more = Json::object()) {
    Json in{{"Bucket", "b-1"}};
    in.update(more);
    return s3.call(operation, in);
  }
  void set(const char* status) { ASSERT_TRUE(call("PutBucketVersioning", {{"VersioningConfiguration", {{"Status", status}}}}).ok()); }
  std::string put(const std::string& key, const std::string& bytes) {
    const Answer answer = s3.put("b-1", key, bytes);
    EXPECT_TRUE(answer.ok()) << answer.message;
    s3.clock().advance(std::chrono::milliseconds(1));
    return answer.text("VersionId");
  }
  std::string get(const std::string& key, const std::string& id = "") {
    const Answer answer = s3.get("b-1", key, id.empty() ? Json::object() : Json{{"VersionId", id}});
    return answer.ok() ? answer.body : answer.code;
  }
  Answer remove(const std::string& key, const std::string& id = "") {
    Json in{{"Key", key}};
    if (!id.empty()) in["VersionId"] = id;
    return call("DeleteObject", in);
  }
  Answer list(const Json& more = Json::object()) { return call("ListObjectVersions", more); }
  /// key:id, with ! at the latest; versions, then delete markers in parentheses.
  static std::string shown(const Answer& answer) {
    std::string text;
    const auto show = [&](const char* kind, const char* open, const char* close) {
      if (!answer.out.contains(kind)) return;
      for (const Json& item : answer.out[kind])
        text += open + item["Key"].get<std::string>() + ":" + item["VersionId"].get<std::string>() +
                (item["IsLatest"].get<bool>() ? "!" : "") + close + " ";
    };
    show("Versions", "", "");
    show("DeleteMarkers", "(", ")");
    return text;
  }
  std::string current_keys() {
    std::string text;
    const Answer answer = call("ListObjectsV2");
    if (answer.out.contains("Contents"))
      for (const Json& item : answer.out["Contents"]) text += item["Key"].get<std::string>() + " ";
    return text;
  }

  Harness s3;
};

TEST_F(Versions, are_kept_under_ids_in_the_look_of_aws) {
  EXPECT_EQ(put("k", "zero"), "(none)");
  set("Enabled");
  const std::string one = put("k", "one"), two = put("k", "two");
  EXPECT_EQ(one.size(), 32u);
  EXPECT_EQ(one.find_first_not_of("._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"), std::string::npos);
  EXPECT_EQ(get("k"), "two");
  EXPECT_EQ(get("k", one), "one");
  EXPECT_EQ(get("k", "null"), "zero");
  EXPECT_EQ(s3.get("b-1", "k").text("VersionId"), two);
  EXPECT_EQ(call("HeadObject", {{"Key", "k"}, {"VersionId", "null"}}).text("VersionId"), "null");
  EXPECT_EQ(shown(list()), "k:" + two + "! k:" + one + " k:null ");
  EXPECT_EQ(current_keys(), "k ");
}

TEST_F(Versions, a_delete_marker_hides_the_object_and_its_removal_restores_it) {
  set("Enabled");
  const std::string one = put("k", "one");
  const Answer deleted = remove("k");
  EXPECT_EQ(deleted.out["DeleteMarker"], true);
  const std::string marker = deleted.text("VersionId");
  const Answer gone = s3.get("b-1", "k");
  EXPECT_EQ(gone.code, "NoSuchKey");
  EXPECT_EQ(gone.headers.at("x-amz-delete-marker"), "true");
  EXPECT_EQ(gone.headers.at("x-amz-version-id"), marker);
  const Answer read = s3.get("b-1", "k", {{"VersionId", marker}});
  EXPECT_EQ(read.code, "MethodNotAllowed");
  EXPECT_EQ(read.status, 405);
  EXPECT_EQ(read.message, "The specified method is not allowed against this resource.");
  EXPECT_EQ(read.details.at("Method"), "GET");
  EXPECT_EQ(read.details.at("ResourceType"), "DeleteMarker");
  EXPECT_EQ(read.headers.at("x-amz-delete-marker"), "true");
  EXPECT_EQ(get("k", one), "one");
  EXPECT_EQ(current_keys(), "");
  EXPECT_EQ(shown(list()), "k:" + one + " (k:" + marker + "!) ");
  EXPECT_EQ(call("DeleteBucket").message, "The bucket you tried to delete is not empty. You must delete all versions in the bucket.");
  EXPECT_EQ(call("GetObjectTagging", {{"Key", "k"}}).code, "MethodNotAllowed");
  EXPECT_EQ(call("GetObjectAcl", {{"Key", "k"}}).code, "NoSuchKey");

  const Answer undone = remove("k", marker);
  EXPECT_EQ(undone.out["DeleteMarker"], true);
  EXPECT_EQ(undone.text("VersionId"), marker);
  EXPECT_EQ(get("k"), "one");
  EXPECT_EQ(shown(list()), "k:" + one + "! ");
  EXPECT_EQ(get("k", marker), "NoSuchVersion");
  EXPECT_FALSE(remove("k", one).out.contains("DeleteMarker"));
  EXPECT_TRUE(call("DeleteBucket").ok());
}

TEST_F(Versions, deleting_the_current_version_brings_back_the_one_before) {
  set("Enabled");
  const std::string one = put("k", "one"), two = put("k", "two"), three = put("k", "three");
  remove("k", three);
  EXPECT_EQ(get("k"), "two");
  const std::string marker = remove("k").text("VersionId");
  remove("k", two);
  EXPECT_EQ(get("k"), "NoSuchKey") << "the delete marker is still the current version";
  remove("k", marker);
  EXPECT_EQ(get("k"), "one");
  EXPECT_EQ(shown(list()), "k:" + one + "! ");
  remove("k", one);
  EXPECT_EQ(s3.documents("s3/version/") + s3.documents("s3/object/") + s3.documents("s3/bytes/") + s3.documents("s3/null"), 0u);
}

TEST_F(Versions, of_a_suspended_bucket_the_null_version_is_the_only_one_replaced) {
  set("Enabled");
  const std::string one = put("k", "one");
  set("Suspended");
  EXPECT_EQ(put("k", "null 1"), "(none)");
  EXPECT_EQ(put("k", "null 2"), "(none)");
  EXPECT_EQ(s3.get("b-1", "k").text("VersionId"), "null");
  EXPECT_EQ(shown(list()), "k:null! k:" + one + " ");
  EXPECT_EQ(s3.documents("s3/bytes/"), 2u);
  const Answer deleted = remove("k");
  EXPECT_EQ(deleted.text("VersionId"), "null");
  EXPECT_EQ(deleted.out["DeleteMarker"], true);
  EXPECT_EQ(shown(list()), "k:" + one + " (k:null!) ");
  set("Enabled");
  const std::string two = put("k", "two");
  EXPECT_EQ(shown(list()), "k:" + two + "! k:" + one + " (k:null) ");
  set("Suspended");
  put("k", "null 3");
  EXPECT_EQ(shown(list()), "k:null! k:" + two + " k:" + one + " ") << "the old null version, a delete marker, is gone";
  set("Enabled");
  const std::string three = put("k", "three");
  EXPECT_EQ(get("k", "null"), "null 3");
  remove("k", "null");
  EXPECT_EQ(shown(list()), "k:" + three + "! k:" + two + " k:" + one + " ");
}

TEST_F(Versions, sort_newest_first_whatever_the_clock_says) {
  set("Enabled");
  std::string expected;
  for (int i = 0; i < 5; ++i) {
    s3.clock().set(s3.clock().now() - std::chrono::hours(i));
    expected = "k:" + s3.put("b-1", "k", std::to_string(i)).text("VersionId") + (i == 4 ? "! " : " ") + expected;
  }
  EXPECT_EQ(shown(list()), expected);
}

TEST_F(Versions, ids_that_nobody_gave_are_refused) {
  set("Enabled");
  const std::string one = put("k", "one");
  const std::string made_up = one.substr(0, 28) + "ABCD";
  EXPECT_EQ(s3.get("b-1", "k", {{"VersionId", made_up}}).message, "Invalid version id specified");
  EXPECT_EQ(remove("k", made_up).code, "InvalidArgument");
  EXPECT_EQ(get("k", "null"), "NoSuchVersion");
  EXPECT_TRUE(remove("k", "null").ok()) << "what is not there is deleted";
  const Answer several = call("GetObject", {{"Key", "other"}, {"VersionId", one}});  // a version of another key
  EXPECT_EQ(several.code, "NoSuchVersion");
  EXPECT_EQ(several.details.at("VersionId"), one);
}

TEST_F(Versions, tags_and_attributes_are_a_versions_own) {
  set("Enabled");
  const std::string one = put("k", "one"), two = put("k", "two");
  const Json tags{{"TagSet", {{{"Key", "of"}, {"Value", "one"}}}}};
  EXPECT_EQ(call("PutObjectTagging", {{"Key", "k"}, {"VersionId", one}, {"Tagging", tags}}).text("VersionId"), one);
  EXPECT_TRUE(call("GetObjectTagging", {{"Key", "k"}}).out["TagSet"].empty());
  EXPECT_EQ(call("GetObjectTagging", {{"Key", "k"}, {"VersionId", one}}).out["TagSet"][0]["Value"], "one");
  const Answer attributes = call("GetObjectAttributes", {{"Key", "k"}, {"VersionId", one}, {"ObjectAttributes", "ObjectSize"}});
  EXPECT_EQ(attributes.text("VersionId"), one);
}

TEST_F(Versions, are_copied_from_and_onto_themselves) {
  set("Enabled");
  const std::string one = put("k", "one"), two = put("k", "two");
  const Answer copied = call("CopyObject", {{"Key", "copy"}, {"CopySource", "b-1/k?versionId=" + one}});
  EXPECT_EQ(copied.text("CopySourceVersionId"), one);
  EXPECT_EQ(copied.text("VersionId").size(), 32u);
  EXPECT_EQ(get("copy"), "one");
  EXPECT_EQ(call("CopyObject", {{"Key", "k"}, {"CopySource", "b-1/k"}}).code, "InvalidRequest");
  EXPECT_TRUE(call("CopyObject", {{"Key", "k"}, {"CopySource", "b-1/k?versionId=" + one}}).ok()) << "that is how one goes back";
  EXPECT_EQ(get("k"), "one");
  EXPECT_EQ(get("k", two), "two");
  const std::string marker = remove("k").text("VersionId");
  EXPECT_EQ(call("CopyObject", {{"Key", "x"}, {"CopySource", "b-1/k"}}).code, "NoSuchKey");
  EXPECT_EQ(call("CopyObject", {{"Key", "x"}, {"CopySource", "b-1/k?versionId=" + marker}}).code, "InvalidRequest");
}

TEST_F(Versions, conditions_look_at_the_current_one) {
  set("Enabled");
  put("k", "one");
  EXPECT_EQ(call("PutObject", {{"Key", "k"}, {"IfNoneMatch", "*"}}).code, "PreconditionFailed");
  remove("k");
  EXPECT_EQ(call("PutObject", {{"Key", "k"}, {"IfMatch", "x"}}).code, "NoSuchKey");
  EXPECT_TRUE(call("PutObject", {{"Key", "k"}, {"IfNoneMatch", "*"}}).ok());
}

TEST_F(Versions, delete_objects_answers_for_each) {
  set("Enabled");
  const std::string one = put("a", "one"), two = put("b", "two");
  s3.headers = {{"content-md5", "x"}};
  const auto remove_all = [&](Json objects) { return call("DeleteObjects", {{"Delete", {{"Objects", std::move(objects)}}}}); };
  const Answer first =
      remove_all({{{"Key", "a"}}, {{"Key", "b"}, {"VersionId", two}}, {{"Key", "b"}, {"VersionId", "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"}}});
  const std::string marker = first.out["Deleted"][0]["DeleteMarkerVersionId"].get<std::string>();
  EXPECT_EQ(first.out["Deleted"][0]["DeleteMarker"], true);
  EXPECT_FALSE(first.out["Deleted"][0].contains("VersionId"));
  EXPECT_EQ(first.out["Deleted"][1], (Json{{"Key", "b"}, {"VersionId", two}}));
  EXPECT_EQ(first.out["Errors"][0]["Code"], "NoSuchVersion");
  const Answer second = remove_all({{{"Key", "a"}, {"VersionId", marker}}});
  EXPECT_EQ(second.out["Deleted"][0],
            (Json{{"Key", "a"}, {"VersionId", marker}, {"DeleteMarker", true}, {"DeleteMarkerVersionId", marker}}));
  EXPECT_EQ(get("a"), "one");
}

TEST_F(Versions, what_does_not_fit_into_an_entry_is_refused_key_by_key) {
  set("Enabled");
  s3.headers = {{"content-md5", "x"}};
  Json objects = Json::array();
  for (int i = 0; i < 1000; ++i) {
    const std::string key = std::string(1000, 'k') + std::to_string(i);
    put(key, "x");
    objects.push_back({{"Key", key}});
  }
  const Answer answer = call("DeleteObjects", {{"Delete", {{"Objects", objects}}}});  // the harness looks at the entry's size
  EXPECT_EQ(answer.out["Deleted"].size() + answer.out["Errors"].size(), 1000u);
  EXPECT_EQ(answer.out["Errors"][0]["Code"], "SlowDown");
  for (const Json& error : answer.out["Errors"]) EXPECT_EQ(get(error["Key"].get<std::string>()), "x");
  for (const Json& done : answer.out["Deleted"]) EXPECT_EQ(get(done["Key"].get<std::string>()), "NoSuchKey");
}

TEST_F(Versions, multipart_uploads_make_and_leave_versions) {
  set("Enabled");
  const auto upload = [&](const std::string& bytes) {
    const std::string id = call("CreateMultipartUpload", {{"Key", "k"}}).text("UploadId");
    const Answer part = s3.call("UploadPart", {{"Bucket", "b-1"}, {"Key", "k"}, {"UploadId", id}, {"PartNumber", 1}}, {bytes, ""});
    const Json parts{{"Parts", {{{"PartNumber", 1}, {"ETag", part.text("ETag")}}}}};
    return call("CompleteMultipartUpload", {{"Key", "k"}, {"UploadId", id}, {"MultipartUpload", parts}}).text("VersionId");
  };
  const std::string one = upload("one"), two = upload("two");
  EXPECT_EQ(get("k", one), "one");
  EXPECT_EQ(get("k"), "two");
  remove("k", two);
  EXPECT_EQ(get("k"), "one");
  remove("k", one);
  EXPECT_EQ(s3.documents("s3/part/") + s3.documents("s3/bytes/"), 0u);
}

/// Pages of every size, with and without delimiter, give what one page gives.
TEST_F(Versions, pages_of_the_listing_fit_together) {
  for (const char* key : {"a", "a\x01", "a/1", "a/2", "b", "b/x/y"}) put(key, "null");
  set("Enabled");
  for (const char* key : {"a", "a/1", "b", "c/1", "c/2", "a", "b/x/y", "\xC3\xA9"}) put(key, "new");
  for (const char* key : {"a/2", "b", "gone", "c/1"}) remove(key);
  put("a/2", "again");
  const std::string nul("a\0b", 3);
  put(nul, "x");
  put(nul, "y");
  for (const Json& asked : {Json::object(), Json{{"Delimiter", "/"}}, Json{{"Prefix", "a"}}, Json{{"Prefix", "b/"}, {"Delimiter", "/"}}}) {
    const Answer whole = list(asked);
    const auto entries = [](const Answer& answer) {
      std::multiset<std::string> all;
      for (const char* kind : {"Versions", "DeleteMarkers"})
        if (answer.out.contains(kind))
          for (const Json& item : answer.out[kind]) all.insert(json::dump(item));
      if (answer.out.contains("CommonPrefixes"))
        for (const Json& item : answer.out["CommonPrefixes"]) all.insert(json::dump(item));
      return all;
    };
    EXPECT_FALSE(entries(whole).empty());
    for (int size = 1; size < 8; ++size) {
      std::multiset<std::string> collected;
      Json in = asked;
      in["MaxKeys"] = size;
      for (int page = 0; page < 100; ++page) {
        const Answer answer = list(in);
        const auto some = entries(answer);
        EXPECT_LE(some.size(), static_cast<size_t>(size));
        collected.insert(some.begin(), some.end());
        if (answer.out["IsTruncated"] != true) break;
        in["KeyMarker"] = answer.text("NextKeyMarker");
        if (answer.out.contains("NextVersionIdMarker")) in["VersionIdMarker"] = answer.text("NextVersionIdMarker");
        else in.erase("VersionIdMarker");
      }
      EXPECT_EQ(collected, entries(whole)) << asked << " by " << size;
    }
  }
}

TEST_F(Versions, a_page_goes_on_behind_a_version_that_is_gone) {
  set("Enabled");
  const std::string one = put("k", "one"), two = put("k", "two"), three = put("k", "three");
  remove("k", three);
  EXPECT_EQ(shown(list({{"KeyMarker", "k"}, {"VersionIdMarker", three}})), "k:" + two + "! k:" + one + " ");
  EXPECT_EQ(shown(list({{"KeyMarker", "k"}, {"VersionIdMarker", two}})), "k:" + one + " ");
  EXPECT_EQ(shown(list({{"KeyMarker", "k"}})), "");
}

TEST_F(Versions, versioning_is_set_in_aws_words) {
  EXPECT_FALSE(call("GetBucketVersioning").out.contains("Status"));
  const auto set = [&](const Json& configuration) { return call("PutBucketVersioning", {{"VersioningConfiguration", configuration}}); };
  EXPECT_EQ(set({{"Status", "enabled"}}).code, "MalformedXML");
  EXPECT_EQ(set(Json::object()).code, "IllegalVersioningConfigurationException");
  EXPECT_EQ(set(Json::object()).message, "The Versioning element must be specified");
  EXPECT_TRUE(set({{"Status", "Suspended"}}).ok());
  EXPECT_EQ(call("GetBucketVersioning").text("Status"), "Suspended");
  EXPECT_TRUE(set({{"Status", "Enabled"}}).ok());
  EXPECT_EQ(call("GetBucketVersioning").text("Status"), "Enabled");
}

TEST(VersionName, follows_the_one_before) {
  env::SimRandom random(3);
  const Time now = Time(std::chrono::milliseconds(1'700'000'000'000));
  std::string newest;
  for (int i = 0; i < 100; ++i) {
    const std::string name = i % 3 == 0 ? new_null_name(now, newest) : new_version_name(random, now - std::chrono::hours(i), newest);
    EXPECT_TRUE(newest.empty() || name < newest) << name;
    EXPECT_TRUE(is_version_id(version_id(name))) << name;
    newest = name;
  }
}

}  // namespace
}  // namespace cairn::s3

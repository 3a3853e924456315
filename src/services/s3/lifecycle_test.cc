#include "services/s3/lifecycle.h"

#include "services/s3/harness.h"

namespace cairn::s3 {
namespace {

using std::chrono::days;
using std::chrono::hours;

/// Takes entries, and keeps nothing of them.
class DeafJournal final : public journal::Journal {
 public:
  journal::Position append(std::string_view entry, journal::Waiter*) override {
    ++entries;
    largest = std::max(largest, entry.size());
    EXPECT_TRUE(journal::decode_entry(entry)->records.empty()) << "AWS records no expirations";
    return journal::Position{1'000'000 + entries};
  }
  bool accepting() const override { return is_accepting; }
  journal::Position appended() const override { return {}; }
  journal::Position durable() const override { return {}; }
  Result<size_t> read(journal::Position, size_t, const OnEntry&) override { return 0; }
  void watch(env::Task*) override {}
  void unwatch(env::Task*) override {}
  void release(journal::Position) override {}
  journal::Position oldest() const override { return {}; }
  uint64_t bytes_behind(journal::Position) const override { return 0; }
  void drain() override {}

  uint64_t entries = 0;
  size_t largest = 0;
  bool is_accepting = true;
};

class LifecycleTest : public testing::Test {
 protected:
  LifecycleTest() {
    call("CreateBucket");
    s3.headers = {{"content-md5", "x"}};
  }

  Answer call(std::string_view operation, const Json& more = Json::object()) {
    Json in{{"Bucket", "b-1"}};
    in.update(more);
    return s3.call(operation, in);
  }
  Answer set(Json rules) { return call("PutBucketLifecycleConfiguration", {{"LifecycleConfiguration", {{"Rules", std::move(rules)}}}}); }
  static Json rule(const Json& more) {
    Json rule{{"ID", "r"}, {"Status", "Enabled"}, {"Filter", {{"Prefix", ""}}}};
    rule.update(more);
    return rule;
  }
  void versioned() { call("PutBucketVersioning", {{"VersioningConfiguration", {{"Status", "Enabled"}}}}); }
  std::string put(const std::string& key, const std::string& bytes = "x", const Json& more = Json::object()) {
    Json in{{"Bucket", "b-1"}, {"Key", key}};
    in.update(more);
    const Answer answer = s3.call("PutObject", in, {bytes, ""});
    EXPECT_TRUE(answer.ok()) << answer.message;
    return answer.text("VersionId");
  }
  /// Lets a server that was started just now do what is due.
  void run(int steps_max = 10'000) {
    Lifecycle lifecycle(s3.ports(), s3.store(), journal_, [this](state::Transaction&, const Expiration& expiration) {
      done.push_back(fmt::format("{} {}", expiration.operation(), expiration.key));
      return size_t{0};
    });
    for (int i = 0; i < steps_max && lifecycle.step().kind == env::Next::kNow; ++i) {
    }
  }
  std::string keys() {
    std::string text;
    const Answer answer = call("ListObjectsV2");
    if (answer.out.contains("Contents"))
      for (const Json& item : answer.out["Contents"]) text += item["Key"].get<std::string>() + " ";
    return text;
  }
  size_t count(const char* kind) {
    const Answer answer = call("ListObjectVersions");
    return answer.out.contains(kind) ? answer.out[kind].size() : 0;
  }

  Harness s3;
  DeafJournal journal_;
  std::vector<std::string> done;
};

TEST_F(LifecycleTest, expires_objects_at_the_midnight_after_their_days) {
  ASSERT_TRUE(set({rule({{"Expiration", {{"Days", 3}}}})}).ok());
  s3.clock().set(*timestamps::parse_iso8601("2026-01-15T10:30:00Z"));
  put("k");
  EXPECT_EQ(s3.get("b-1", "k").text("Expiration"), "expiry-date=\"Mon, 19 Jan 2026 00:00:00 GMT\", rule-id=\"r\"");
  EXPECT_EQ(call("CopyObject", {{"Key", "copy"}, {"CopySource", "b-1/k"}}).text("Expiration"), s3.get("b-1", "k").text("Expiration"));
  call("DeleteObject", {{"Key", "copy"}});
  s3.clock().set(*timestamps::parse_iso8601("2026-01-18T23:59:00Z"));
  run();
  EXPECT_EQ(keys(), "k ");
  s3.clock().set(*timestamps::parse_iso8601("2026-01-19T00:00:00Z"));
  run();
  EXPECT_EQ(keys(), "");
  EXPECT_EQ(s3.documents("s3/bytes/"), 0u);
  EXPECT_EQ(done, std::vector<std::string>{"S3.EXPIRE.OBJECT k"});
}

TEST_F(LifecycleTest, looks_at_prefix_tags_and_size) {
  Json rules = Json::array();
  rules.push_back(rule({{"ID", "1"}, {"Filter", {{"Prefix", "tmp/"}}}, {"Expiration", {{"Days", 1}}}}));
  rules.push_back(rule({{"ID", "2"}, {"Filter", {{"Tag", {{"Key", "keep"}, {"Value", "no"}}}}}, {"Expiration", {{"Days", 1}}}}));
  rules.push_back(rule({{"ID", "3"}, {"Filter", {{"ObjectSizeGreaterThan", 10}}}, {"Expiration", {{"Days", 1}}}}));
  rules.push_back(rule({{"ID", "4"},
                        {"Filter", {{"And", {{"Prefix", "log/"}, {"Tags", {{{"Key", "a"}, {"Value", "1"}}}}, {"ObjectSizeLessThan", 3}}}}},
                        {"Expiration", {{"Days", 1}}}}));
  rules.push_back(rule({{"ID", "5"}, {"Status", "Disabled"}, {"Expiration", {{"Days", 1}}}}));
  const Answer answer = set(rules);
  ASSERT_TRUE(answer.ok()) << answer.message;
  put("tmp/a");
  put("tagged", "x", {{"Tagging", "keep=no&other=1"}});
  put("tagged-otherwise", "x", {{"Tagging", "keep=yes"}});
  put("big", "0123456789a");
  put("not-so-big", "0123456789");
  put("log/1", "x", {{"Tagging", "a=1"}});
  put("log/2", "xyz", {{"Tagging", "a=1"}});
  put("log/3", "x");
  s3.clock().advance(days(2));
  run();
  EXPECT_EQ(keys(), "log/2 log/3 not-so-big tagged-otherwise ");
}

TEST_F(LifecycleTest, puts_delete_markers_where_versions_are_kept_and_removes_those_that_hide_nothing) {
  versioned();
  ASSERT_TRUE(set({rule({{"Expiration", {{"Days", 1}}}, {"NoncurrentVersionExpiration", {{"NoncurrentDays", 1}}}})}).ok());
  put("k");
  s3.clock().advance(days(2));
  run();
  EXPECT_EQ(keys(), "");
  EXPECT_EQ(count("Versions"), 1u);
  EXPECT_EQ(count("DeleteMarkers"), 1u);
  s3.clock().advance(days(2));
  run();
  EXPECT_EQ(count("Versions"), 0u);
  s3.clock().advance(days(1));
  run();
  EXPECT_EQ(count("DeleteMarkers"), 0u);
  EXPECT_EQ(done, (std::vector<std::string>{"S3.CREATE.DELETEMARKER k", "S3.EXPIRE.OBJECT k", "S3.EXPIRE.OBJECT k"}));
  EXPECT_EQ(s3.documents("s3/bytes/") + s3.documents("s3/version/"), 0u);
}

TEST_F(LifecycleTest, keeps_as_many_newer_versions_as_it_is_told) {
  versioned();
  ASSERT_TRUE(set({rule({{"NoncurrentVersionExpiration", {{"NoncurrentDays", 1}, {"NewerNoncurrentVersions", 2}}}})}).ok());
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(put("k", std::to_string(i)));
  s3.clock().advance(days(3));
  run();
  EXPECT_EQ(count("Versions"), 3u);
  EXPECT_EQ(s3.get("b-1", "k", {{"VersionId", ids[3]}}).body, "3");
  EXPECT_EQ(s3.get("b-1", "k", {{"VersionId", ids[2]}}).code, "NoSuchVersion");
}

/// How long a version is noncurrent counts from when the next one came, not from its own birth.
TEST_F(LifecycleTest, counts_from_when_a_version_was_replaced) {
  versioned();
  ASSERT_TRUE(set({rule({{"NoncurrentVersionExpiration", {{"NoncurrentDays", 5}}}})}).ok());
  put("k", "old");
  s3.clock().advance(days(100));
  put("k", "new");
  s3.clock().advance(days(4));
  run();
  EXPECT_EQ(count("Versions"), 2u);
  s3.clock().advance(days(2));
  run();
  EXPECT_EQ(count("Versions"), 1u);
}

TEST_F(LifecycleTest, respects_locks_and_holds) {
  s3.call("CreateBucket", {{"Bucket", "locked"}, {"ObjectLockEnabledForBucket", true}});
  const Json rules{rule({{"NoncurrentVersionExpiration", {{"NoncurrentDays", 1}}}, {"Expiration", {{"Days", 1}}}})};
  s3.call("PutBucketLifecycleConfiguration", {{"Bucket", "locked"}, {"LifecycleConfiguration", {{"Rules", Json::array({rules[0]})}}}});
  const std::string until = timestamps::iso8601_millis(s3.clock().now() + days(30));
  const auto put_in = [&](const char* key, const Json& more) {
    Json in{{"Bucket", "locked"}, {"Key", key}};
    in.update(more);
    return s3.call("PutObject", in, {"evidence", ""}).text("VersionId");
  };
  const std::string retained = put_in("retained", {{"ObjectLockMode", "GOVERNANCE"}, {"ObjectLockRetainUntilDate", until}});
  const std::string held = put_in("held", {{"ObjectLockLegalHoldStatus", "ON"}});
  const std::string free = put_in("free", Json::object());
  for (int day = 0; day < 10; ++day) {
    s3.clock().advance(days(1));
    run();
  }
  const auto get = [&](const char* key, const std::string& id) {
    const Answer answer = s3.call("GetObject", {{"Bucket", "locked"}, {"Key", key}, {"VersionId", id}});
    return answer.ok() ? answer.body : answer.code;
  };
  EXPECT_EQ(get("retained", retained), "evidence");
  EXPECT_EQ(get("held", held), "evidence");
  EXPECT_EQ(get("free", free), "NoSuchVersion");
  s3.clock().advance(days(25));
  run();
  EXPECT_EQ(get("retained", retained), "NoSuchVersion");
  EXPECT_EQ(get("held", held), "evidence");
}

TEST_F(LifecycleTest, gives_up_uploads_that_nobody_completed) {
  ASSERT_TRUE(set({rule({{"Filter", {{"Prefix", "a"}}}, {"AbortIncompleteMultipartUpload", {{"DaysAfterInitiation", 2}}}})}).ok());
  for (const char* key : {"a", "b"}) {
    const std::string id = call("CreateMultipartUpload", {{"Key", key}}).text("UploadId");
    s3.call("UploadPart", {{"Bucket", "b-1"}, {"Key", key}, {"UploadId", id}, {"PartNumber", 1}}, {std::string(70'000, 'x'), ""});
  }
  s3.clock().advance(days(1));
  run();
  EXPECT_EQ(s3.documents("s3/upload/"), 2u);
  s3.clock().advance(days(2));
  run();
  EXPECT_EQ(s3.documents("s3/upload/"), 1u);
  EXPECT_EQ(s3.documents("s3/part/"), 1u);
  EXPECT_EQ(done, std::vector<std::string>{"S3.DELETE.UPLOAD a"});
}

TEST_F(LifecycleTest, a_pass_is_made_once_a_day) {
  ASSERT_TRUE(set({rule({{"Expiration", {{"Date", "2020-01-01T00:00:00Z"}}}})}).ok());
  put("first");
  run();
  EXPECT_EQ(keys(), "");
  put("second");
  run();
  EXPECT_EQ(keys(), "second ");
  s3.clock().advance(days(1));
  run();
  EXPECT_EQ(keys(), "");
}

/// Ends after every step, as crashes would, and comes to the same end; no entry is too large.
TEST_F(LifecycleTest, large_buckets_go_in_bounded_steps_that_survive_crashes) {
  versioned();
  ASSERT_TRUE(set({rule({{"Expiration", {{"Days", 1}}}, {"NoncurrentVersionExpiration", {{"NoncurrentDays", 1}}}})}).ok());
  for (int i = 0; i < 700; ++i) put(std::string(800, 'k') + std::to_string(i), "1");
  for (int i = 0; i < 700; ++i) put("one key", std::to_string(i));
  for (int day = 0; day < 5; ++day) {
    s3.clock().advance(days(1));
    journal_.is_accepting = day % 2 == 0;
    for (int restart = 0; restart < 40; ++restart) {
      run(1);
      journal_.is_accepting = true;
    }
  }
  EXPECT_EQ(count("Versions") + count("DeleteMarkers"), 0u);
  EXPECT_EQ(s3.documents("s3/bytes/"), 0u);
  EXPECT_LE(journal_.largest, journal::kEntryBytesMax);
  EXPECT_GT(journal_.entries, 6u);
}

TEST_F(LifecycleTest, what_changed_since_it_was_found_due_is_left_alone) {
  ASSERT_TRUE(set({rule({{"Expiration", {{"Days", 1}}}})}).ok());
  put("k", "old");
  s3.clock().advance(days(2));
  put("k", "new");
  run();
  EXPECT_EQ(keys(), "k ");
}

TEST_F(LifecycleTest, wrong_rules_are_refused_in_aws_words) {
  const Json days7{{"Days", 7}};
  EXPECT_EQ(set({{{"Status", "Enabled"}, {"Expiration", days7}}}).code, "MalformedXML") << "neither filter nor prefix";
  EXPECT_EQ(set({rule({{"Expiration", days7}, {"Prefix", ""}})}).code, "MalformedXML");
  EXPECT_EQ(set({rule({{"Expiration", days7}, {"Status", "enabled"}})}).code, "MalformedXML");
  EXPECT_EQ(set({rule({{"Expiration", days7}, {"NoncurrentVersionExpiration", Json::object()}})}).code, "MalformedXML");
  EXPECT_EQ(set({rule({{"Expiration", days7}, {"Filter", {{"Prefix", ""}, {"ObjectSizeGreaterThan", 500}}}})}).code, "MalformedXML");
  EXPECT_EQ(set({rule({{"Expiration", {{"Days", 7}, {"ExpiredObjectDeleteMarker", true}}}})}).code, "MalformedXML");
  EXPECT_EQ(set({rule({{"Expiration", {{"Date", "2023-01-01T02:02:00Z"}}}})}).message, "'Date' must be at midnight GMT");
  EXPECT_EQ(set({rule({{"Expiration", {{"Days", 0}}}})}).message, "'Days' for Expiration action must be a positive integer");
  const Json twice{{{"Key", "a"}, {"Value", "1"}}, {{"Key", "a"}, {"Value", "2"}}};
  EXPECT_EQ(set({rule({{"Expiration", days7}, {"Filter", {{"And", {{"Tags", twice}}}}}})}).message, "Duplicate Tag Keys are not allowed.");
  EXPECT_EQ(set({rule(Json::object())}).code, "InvalidRequest") << "no action";
  EXPECT_EQ(set({rule({{"Expiration", days7}}), rule({{"Expiration", days7}})}).code, "InvalidArgument") << "the same id twice";
  EXPECT_EQ(set({rule({{"Expiration", days7}, {"ID", std::string(256, 'a')}})}).code, "InvalidArgument");
  EXPECT_EQ(set({rule({{"Transitions", {{{"Days", 10}, {"StorageClass", "STANDARD_IA"}}}}})}).code, "InvalidArgument");
  EXPECT_EQ(set({rule({{"Transitions", {{{"Days", 10}, {"StorageClass", "CELLAR"}}}}})}).code, "MalformedXML");
  EXPECT_EQ(set(Json::array()).code, "MalformedXML");
  EXPECT_EQ(call("GetBucketLifecycleConfiguration").code, "NoSuchLifecycleConfiguration");
  const Answer wrong = call("PutBucketLifecycleConfiguration", {{"LifecycleConfiguration", {{"Rules", {rule({{"Expiration", days7}})}}}},
                                                                {"TransitionDefaultMinimumObjectSize", "value"}});
  EXPECT_EQ(wrong.message, "Invalid TransitionDefaultMinimumObjectSize found: value");
}

TEST_F(LifecycleTest, rules_are_shown_as_they_were_given) {
  Json given = rule({{"Transitions", {{{"Days", 30}, {"StorageClass", "GLACIER"}}}}, {"Expiration", {{"Days", 90}}}});
  given.erase("ID");
  ASSERT_TRUE(set({given}).ok());
  const Answer shown = call("GetBucketLifecycleConfiguration");
  EXPECT_EQ(shown.text("TransitionDefaultMinimumObjectSize"), "all_storage_classes_128K");
  EXPECT_EQ(shown.out["Rules"][0]["Transitions"][0]["StorageClass"], "GLACIER");
  EXPECT_FALSE(shown.out["Rules"][0]["ID"].get<std::string>().empty());
  EXPECT_TRUE(call("DeleteBucketLifecycle").ok());
  EXPECT_EQ(call("GetBucketLifecycleConfiguration").code, "NoSuchLifecycleConfiguration");
}

}  // namespace
}  // namespace cairn::s3

#include "event/selector.h"

#include <gtest/gtest.h>

#include <random>

#include "event/golden_case.h"

namespace cairn::event {
namespace {

Json parsed(std::string_view text) { return json::parse(text).value(); }

/// A record with what selectors look at; `more` overrides.
std::string record(const Json& more) {
  Json document = {{"eventVersion", "1.11"},
                   {"userIdentity", {{"type", "IAMUser"}, {"arn", "arn:aws:iam::111122223333:user/alice"}}},
                   {"eventTime", "2026-01-02T03:04:05Z"},
                   {"eventSource", "s3.amazonaws.com"},
                   {"eventName", "PutObject"},
                   {"awsRegion", "us-east-1"},
                   {"eventID", "00000000-0000-4000-8000-000000000001"},
                   {"readOnly", false},
                   {"eventType", "AwsApiCall"},
                   {"managementEvent", false},
                   {"recipientAccountId", "111122223333"},
                   {"eventCategory", "Data"}};
  for (const auto& [name, value] : more.items()) {
    if (value.is_null()) document.erase(name);
    else document[name] = value;
  }
  return json::dump(document);
}

std::string management(std::string_view source, std::string_view name, bool read_only) {
  return record(
      {{"eventSource", source}, {"eventName", name}, {"readOnly", read_only}, {"managementEvent", true}, {"eventCategory", "Management"}});
}

/// A call on an object, as S3's records show it: the object (or the prefix that is listed), then its bucket.
std::string on_object(std::string_view bucket, std::string_view key, std::string_view name, bool read_only) {
  const std::string arn = fmt::format("arn:aws:s3:::{}", bucket);
  const char* member = name.starts_with("List") ? "ARNPrefix" : "ARN";
  return record({{"eventName", name},
                 {"readOnly", read_only},
                 {"resources",
                  {{{"type", "AWS::S3::Object"}, {member, fmt::format("{}/{}", arn, key)}},
                   {{"accountId", "111122223333"}, {"type", "AWS::S3::Bucket"}, {"ARN", arn}}}}});
}

std::string put(std::string_view bucket, std::string_view key) { return on_object(bucket, key, "PutObject", false); }

std::string on_resource(std::string_view source, std::string_view name, std::string_view type, std::string_view arn) {
  return record({{"eventSource", source},
                 {"eventName", name},
                 {"resources", Json::array({{{"accountId", "111122223333"}, {"type", type}, {"ARN", arn}}})}});
}

/// Selectors, compiled, and a record read.
class Trail {
 public:
  static Trail basic(std::string_view selectors) { return Trail(parsed(selectors), Json::array()); }
  static Trail advanced(std::string_view selectors) { return Trail(Json::array(), parsed(selectors)); }
  static Trail fresh() { return Trail(Json::array(), Json::array()); }
  /// One advanced selector of data events on objects, with one more field.
  static Trail objects(std::string_view field) {
    return advanced(fmt::format(R"([{{"FieldSelectors":[{{"Field":"eventCategory","Equals":["Data"]}},)"
                                R"({{"Field":"resources.type","Equals":["AWS::S3::Object"]}},{}]}}])",
                                field));
  }
  Trail(const Json& basic, const Json& advanced) : selector_(Selector::compile(basic, advanced).value()) {}

  bool wants(const std::string& record) {
    EXPECT_TRUE(read_selected(record, document_, selected_).has_value()) << record;
    return selector_.wants(selected_);
  }

 private:
  Selector selector_;
  json::Document document_;
  Selected selected_;
};

// --- reading

TEST(Selected, shows_what_selectors_look_at) {
  json::Document document;
  Selected selected;
  const std::string text = record(
      {{"userIdentity", {{"type", "AssumedRole"}, {"arn", "arn:aws:sts::1:assumed-role/r/s"}, {"invokedBy", "cloudtrail.amazonaws.com"}}},
       {"readOnly", true},
       {"errorCode", "VpceAccessDenied"},
       {"vpcEndpointId", "vpce-1"},
       {"sessionCredentialFromConsole", "true"},
       {"resources",
        {{{"ARNPrefix", "arn:aws:s3:::b/p"}, {"type", "AWS::S3::Object"}}, {{"type", "AWS::S3::Bucket"}, {"ARN", "arn:aws:s3:::b"}}}}});
  ASSERT_TRUE(read_selected(text, document, selected));
  EXPECT_EQ(selected.id, "00000000-0000-4000-8000-000000000001");
  EXPECT_EQ(selected.category, "Data");
  EXPECT_EQ(selected.source, "s3.amazonaws.com");
  EXPECT_EQ(selected.name, "PutObject");
  EXPECT_EQ(selected.type, "AwsApiCall");
  EXPECT_EQ(selected.region, "us-east-1");
  EXPECT_EQ(selected.recipient, "111122223333");
  EXPECT_EQ(selected.user_arn, "arn:aws:sts::1:assumed-role/r/s");
  EXPECT_EQ(selected.invoked_by, "cloudtrail.amazonaws.com");
  EXPECT_EQ(selected.error_code, "VpceAccessDenied");
  EXPECT_EQ(selected.vpc_endpoint, "vpce-1");
  EXPECT_TRUE(selected.read_only);
  EXPECT_TRUE(selected.from_console);
  EXPECT_EQ(selected.time, *timestamps::parse_iso8601("2026-01-02T03:04:05Z"));
  ASSERT_EQ(selected.resources.size(), 2u);
  EXPECT_EQ(selected.resources[0].arn, "arn:aws:s3:::b/p");
  EXPECT_EQ(selected.resources[1].type, "AWS::S3::Bucket");

  ASSERT_TRUE(read_selected(management("iam.amazonaws.com", "GetUser", true), document, selected));
  EXPECT_EQ(selected.error_code, "") << "nothing is left of the record before";
  EXPECT_FALSE(selected.from_console);
  EXPECT_TRUE(selected.resources.empty());
}

TEST(Selected, a_record_without_a_category_is_known_by_managementEvent) {
  json::Document document;
  Selected selected;
  ASSERT_TRUE(read_selected(record({{"eventCategory", nullptr}}), document, selected));
  EXPECT_EQ(selected.category, "Data");
  ASSERT_TRUE(read_selected(record({{"eventCategory", nullptr}, {"managementEvent", nullptr}, {"readOnly", nullptr}}), document, selected));
  EXPECT_EQ(selected.category, "Management");
  EXPECT_FALSE(selected.read_only) << "what does not say that it only reads may have written";
}

TEST(Selected, what_is_no_record_is_told_apart) {
  json::Document document;
  Selected selected;
  for (const std::string& text : {std::string("{"), std::string("[]"), record({{"eventID", nullptr}}), record({{"eventTime", "yesterday"}}),
                                  record({{"eventName", 1}})})
    EXPECT_FALSE(read_selected(text, document, selected)) << text;
}

// --- the default and basic selectors

TEST(Selector, a_fresh_trail_wants_all_management_events_and_no_others) {
  Trail trail = Trail::fresh();
  EXPECT_TRUE(trail.wants(management("ec2.amazonaws.com", "RunInstances", false)));
  EXPECT_TRUE(trail.wants(management("kms.amazonaws.com", "Decrypt", true)));
  EXPECT_FALSE(trail.wants(put("b", "k")));
  EXPECT_FALSE(trail.wants(record({{"eventCategory", "NetworkActivity"}, {"eventType", "AwsVpceEvent"}})));
  EXPECT_FALSE(trail.wants(record({{"eventCategory", "Insight"}})));
  EXPECT_FALSE(Selector().wants(Selected{.category = "Management"}));
}

/// AWS's example of PutEventSelectors: RunInstances writes, GetConsoleOutput reads.
TEST(Selector, reads_and_writes_are_told_apart) {
  const std::string reads = management("ec2.amazonaws.com", "GetConsoleOutput", true);
  const std::string writes = management("ec2.amazonaws.com", "RunInstances", false);
  Trail writing = Trail::basic(R"([{"ReadWriteType":"WriteOnly","IncludeManagementEvents":true,"DataResources":[]}])");
  EXPECT_TRUE(writing.wants(writes));
  EXPECT_FALSE(writing.wants(reads));
  Trail reading = Trail::basic(R"([{"ReadWriteType":"ReadOnly"}])");
  EXPECT_FALSE(reading.wants(writes));
  EXPECT_TRUE(reading.wants(reads));
  Trail both = Trail::basic(R"([{"ReadWriteType":"ReadOnly"},{"ReadWriteType":"WriteOnly"}])");
  EXPECT_TRUE(both.wants(writes));
  EXPECT_TRUE(both.wants(reads));
}

TEST(Selector, management_events_can_be_left_out_whole_or_by_source) {
  Trail none = Trail::basic(
      R"([{"ReadWriteType":"ReadOnly","IncludeManagementEvents":false,"DataResources":[{"Type":"AWS::S3::Object","Values":[]},)"
      R"({"Type":"AWS::Lambda::Function","Values":[]}],"ExcludeManagementEventSources":[]}])");
  EXPECT_FALSE(none.wants(management("ec2.amazonaws.com", "GetConsoleOutput", true)));
  EXPECT_FALSE(none.wants(on_object("b", "k", "GetObject", true))) << "a type without values names no resource";
  Trail no_keys =
      Trail::basic(R"([{"ReadWriteType":"All","ExcludeManagementEventSources":["kms.amazonaws.com"],"IncludeManagementEvents":true}])");
  EXPECT_FALSE(no_keys.wants(management("kms.amazonaws.com", "Decrypt", true)));
  EXPECT_TRUE(no_keys.wants(management("rdsdata.amazonaws.com", "ExecuteStatement", false)));
}

struct BasicCase {
  std::string_view type, value;
  std::string record;
  bool wanted;
};

/// The examples of DataResource in AWS's API reference, and of its user guide's page on data events.
TEST(Selector, data_resources_of_basic_selectors) {
  constexpr std::string_view kObject = "AWS::S3::Object", kFunction = "AWS::Lambda::Function", kTable = "AWS::DynamoDB::Table";
  const auto invoke = [](std::string_view arn) { return on_resource("lambda.amazonaws.com", "Invoke", "AWS::Lambda::Function", arn); };
  const auto item = [](std::string_view arn) { return on_resource("dynamodb.amazonaws.com", "PutItem", "AWS::DynamoDB::Table", arn); };
  constexpr std::string_view kHello = "arn:aws:lambda:us-west-2:111111111111:function:helloworld";
  constexpr std::string_view kMusic = "arn:aws:dynamodb:us-west-2:111111111111:table/music";
  const BasicCase cases[] = {
      {kObject, "arn:aws:s3:::amzn-s3-demo-bucket1/", put("amzn-s3-demo-bucket1", "image.png"), true},
      {kObject, "arn:aws:s3:::amzn-s3-demo-bucket1/", put("amzn-s3-demo-bucket2", "image.png"), false},
      {kObject, "arn:aws:s3:::amzn-s3-demo-bucket1/", put("amzn-s3-demo-bucket10", "image.png"), false},
      {kObject, "arn:aws:s3:::amzn-s3-demo-bucket3/my-images", put("amzn-s3-demo-bucket3", "my-images/example.jpg"), true},
      {kObject, "arn:aws:s3:::amzn-s3-demo-bucket3/my-images", put("amzn-s3-demo-bucket3", "my-images2.jpg"), true},
      {kObject, "arn:aws:s3:::amzn-s3-demo-bucket3/my-images", put("amzn-s3-demo-bucket3", "my-videos/example.mp4"), false},
      {kObject, "arn:aws:s3", put("any", "k"), true},
      {kObject, "arn:aws:s3:::", put("any", "k"), true},
      {kObject, "arn:aws:s3:::", on_object("any", "logs/", "ListObjects", true), true},
      {kObject, "arn:aws:s3:::b/", on_object("b", "", "ListObjects", true), true},
      {kObject, "arn:aws:s3:::b/logs/", on_object("b", "logs/2026", "ListObjects", true), true},
      {kObject, "arn:aws:s3:::b/logs/", on_object("b", "", "ListObjects", true), false},
      {kObject, "arn:aws:s3", invoke(kHello), false},
      {kFunction, kHello, invoke(kHello), true},
      {kFunction, kHello, invoke("arn:aws:lambda:us-west-2:111111111111:function:helloworld2"), false},
      {kFunction, "arn:aws:lambda", invoke(kHello), true},
      {kFunction, "arn:aws:lambda", put("any", "k"), false},
      {kTable, kMusic, item(kMusic), true},
      {kTable, kMusic, item("arn:aws:dynamodb:us-west-2:111111111111:table/music2"), false},
      {kTable, "arn:aws:dynamodb", item(kMusic), true},
  };
  for (const BasicCase& one : cases) {
    Trail trail(Json::array({{{"ReadWriteType", "All"},
                              {"IncludeManagementEvents", false},
                              {"DataResources", Json::array({{{"Type", one.type}, {"Values", Json::array({one.value})}}})}}}),
                Json::array());
    EXPECT_EQ(trail.wants(one.record), one.wanted) << one.type << " " << one.value << " " << one.record;
  }
}

TEST(Selector, one_of_many_data_resources_is_enough_and_reading_counts_for_them_too) {
  Trail trail =
      Trail::basic(R"([{"ReadWriteType":"WriteOnly","IncludeManagementEvents":false,"DataResources":[{"Type":"AWS::S3::Object","Values":)"
                   R"(["arn:aws:s3:::a/","arn:aws:s3:::b/x"]},{"Type":"AWS::Lambda::Function","Values":["arn:aws:lambda"]}]}])");
  EXPECT_TRUE(trail.wants(put("a", "k")));
  EXPECT_TRUE(trail.wants(put("b", "xyz")));
  EXPECT_FALSE(trail.wants(put("b", "yz")));
  EXPECT_FALSE(trail.wants(on_object("a", "k", "GetObject", true)));
  EXPECT_TRUE(trail.wants(on_resource("lambda.amazonaws.com", "Invoke", "AWS::Lambda::Function", "arn:aws:lambda:x:1:function:f")));
}

// --- advanced selectors

/// The worked example of AWS's page on filtering data events.
TEST(Selector, conditions_of_one_field_select_by_any_and_deselect_by_each) {
  Trail trail = Trail::objects(R"({"Field":"resources.ARN","Equals":["arn:aws:s3:::amzn-s3-demo-bucket/object1"],)"
                               R"("StartsWith":["arn:aws:s3:::amzn-s3-demo-bucket/"],"EndsWith":["object3"],)"
                               R"("NotStartsWith":["arn:aws:s3:::amzn-s3-demo-bucket/deselect"],"NotEndsWith":["object5"],)"
                               R"("NotEquals":["arn:aws:s3:::amzn-s3-demo-bucket/object6"]})");
  EXPECT_TRUE(trail.wants(put("amzn-s3-demo-bucket", "object1")));
  EXPECT_TRUE(trail.wants(put("amzn-s3-demo-bucket", "object2")));
  EXPECT_TRUE(trail.wants(put("amzn-s3-demo-bucket1", "object3")));
  EXPECT_FALSE(trail.wants(put("amzn-s3-demo-bucket", "deselectObject4")));
  EXPECT_FALSE(trail.wants(put("amzn-s3-demo-bucket", "object5")));
  EXPECT_FALSE(trail.wants(put("amzn-s3-demo-bucket", "object6")));
  EXPECT_FALSE(trail.wants(put("amzn-s3-demo-bucket1", "object7")));
}

TEST(Selector, objects_of_all_buckets_but_one) {
  Trail trail = Trail::objects(R"({"Field":"eventName","Equals":["PutObject","DeleteObject"]},)"
                               R"({"Field":"resources.ARN","NotStartsWith":["arn:aws:s3:::amzn-s3-demo-bucket/"]})");
  EXPECT_TRUE(trail.wants(put("other", "k")));
  EXPECT_FALSE(trail.wants(put("amzn-s3-demo-bucket", "k")));
  EXPECT_FALSE(trail.wants(on_object("other", "k", "GetObject", true)));
}

TEST(Selector, a_deselected_object_does_not_hide_what_the_call_did_to_another) {
  Trail trail = Trail::objects(R"({"Field":"resources.ARN","NotStartsWith":["arn:aws:s3:::quiet/"]})");
  const auto copy = [](std::string_view to, std::string_view from) {
    return record({{"eventName", "CopyObject"},
                   {"resources",
                    {{{"type", "AWS::S3::Object"}, {"ARN", to}},
                     {{"type", "AWS::S3::Bucket"}, {"ARN", "arn:aws:s3:::bucket"}},
                     {{"type", "AWS::S3::Object"}, {"ARN", from}}}}});
  };
  EXPECT_TRUE(trail.wants(copy("arn:aws:s3:::quiet/k", "arn:aws:s3:::loud/k")));
  EXPECT_FALSE(trail.wants(copy("arn:aws:s3:::quiet/k", "arn:aws:s3:::quiet/j")));
}

TEST(Selector, a_bucket_is_no_object) {
  Trail trail = Trail::objects(R"({"Field":"resources.ARN","StartsWith":["arn:aws:s3:::b"]})");
  EXPECT_FALSE(trail.wants(record({{"resources", Json::array({{{"type", "AWS::S3::Bucket"}, {"ARN", "arn:aws:s3:::b"}}})}})));
  EXPECT_FALSE(trail.wants(record({}))) << "no resource, so none of that type";
}

TEST(Selector, callers_event_types_and_console_sessions_can_be_left_out) {
  Trail scanner =
      Trail::objects(R"({"Field":"resources.ARN","StartsWith":["arn:aws:s3:::b/"]},)"
                     R"({"Field":"userIdentity.arn","NotStartsWith":["arn:aws:sts::123456789012:assumed-role/bucket-scanner-role"]})");
  const Json object = parsed(R"([{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::b/k"}])");
  const auto by = [&object](std::string_view arn) { return record({{"userIdentity", {{"arn", arn}}}, {"resources", object}}); };
  EXPECT_TRUE(scanner.wants(by("arn:aws:iam::123456789012:user/alice")));
  EXPECT_FALSE(scanner.wants(by("arn:aws:sts::123456789012:assumed-role/bucket-scanner-role/s")));
  EXPECT_TRUE(scanner.wants(record({{"userIdentity", {{"type", "AWSService"}}}, {"resources", object}})));

  Trail no_services =
      Trail::objects(R"({"Field":"eventName","Equals":["DeleteObject"]},{"Field":"eventType","NotEquals":["AwsServiceEvent"]})");
  EXPECT_TRUE(no_services.wants(record({{"eventName", "DeleteObject"}, {"resources", object}})));
  EXPECT_FALSE(no_services.wants(record({{"eventName", "DeleteObject"}, {"eventType", "AwsServiceEvent"}, {"resources", object}})));

  Trail no_console = Trail::objects(R"({"Field":"sessionCredentialFromConsole","NotEquals":["true"]})");
  Trail console = Trail::objects(R"({"Field":"sessionCredentialFromConsole","Equals":["true"]})");
  const std::string from_console = record({{"sessionCredentialFromConsole", "true"}, {"resources", object}});
  EXPECT_FALSE(no_console.wants(from_console));
  EXPECT_TRUE(no_console.wants(record({{"resources", object}})));
  EXPECT_TRUE(console.wants(from_console));
  EXPECT_FALSE(console.wants(record({{"resources", object}})));
}

TEST(Selector, management_events_by_advanced_selectors) {
  Trail trail = Trail::advanced(
      R"([{"Name":"Log all management events except KMS events","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},)"
      R"({"Field":"eventSource","NotEquals":["kms.amazonaws.com"]},{"Field":"readOnly","Equals":["false"]}]}])");
  EXPECT_TRUE(trail.wants(management("iam.amazonaws.com", "CreateUser", false)));
  EXPECT_FALSE(trail.wants(management("kms.amazonaws.com", "CreateKey", false)));
  EXPECT_FALSE(trail.wants(management("iam.amazonaws.com", "GetUser", true)));
  EXPECT_FALSE(trail.wants(put("b", "k"))) << "management events are not the default any more once others are asked for";
}

/// The example of AWS's page on network activity events.
TEST(Selector, network_activity_by_source_error_and_endpoint) {
  Trail trail = Trail::advanced(
      R"([{"Name":"Audit AccessDenied EC2 events over a specific VPC endpoint","FieldSelectors":[)"
      R"({"Field":"eventCategory","Equals":["NetworkActivity"]},{"Field":"eventSource","Equals":["ec2.amazonaws.com"]},)"
      R"({"Field":"errorCode","Equals":["VpceAccessDenied"]},{"Field":"vpcEndpointId","Equals":["vpce-example8c1b6b9b7"]}]}])");
  Json event = {{"eventCategory", "NetworkActivity"}, {"eventType", "AwsVpceEvent"},     {"eventSource", "ec2.amazonaws.com"},
                {"eventName", "DescribeInstances"},   {"errorCode", "VpceAccessDenied"}, {"vpcEndpointId", "vpce-example8c1b6b9b7"}};
  EXPECT_TRUE(trail.wants(record(event)));
  for (const char* member : {"eventSource", "errorCode", "vpcEndpointId"}) {
    Json other = event;
    other[member] = "other";
    EXPECT_FALSE(trail.wants(record(other))) << member;
  }
}

TEST(Selector, what_has_no_meaning_does_not_compile) {
  const auto basic = [](std::string_view text) { return Selector::compile(parsed(text), Json::array()).has_value(); };
  EXPECT_FALSE(basic(R"([1])"));
  EXPECT_FALSE(basic(R"([{"ReadWriteType":"read-only"}])"));
  EXPECT_FALSE(basic(R"([{"IncludeManagementEvents":"yes"}])"));
  EXPECT_FALSE(basic(R"([{"DataResources":{}}])"));
  EXPECT_FALSE(basic(R"([{"DataResources":[{"Type":"AWS::S3::Bucket","Values":[]}]}])"));
  EXPECT_FALSE(basic(R"([{"DataResources":[{"Type":"AWS::S3::Object","Values":[1]}]}])"));
  const auto advanced = [](std::string_view fields) {
    return Selector::compile(Json::array(), parsed(fmt::format(R"([{{"FieldSelectors":{}}}])", fields))).has_value();
  };
  EXPECT_TRUE(advanced(R"([{"Field":"eventCategory","Equals":["Data"]}])"));
  EXPECT_FALSE(advanced(R"([])"));
  EXPECT_FALSE(advanced(R"({})"));
  EXPECT_FALSE(advanced(R"([{"Field":"readOnly","Equals":["true"]}])"));
  EXPECT_FALSE(advanced(R"([{"Field":"eventCategory"}])"));
  EXPECT_FALSE(advanced(R"([{"Field":"eventCategory","Equals":[]}])"));
  EXPECT_FALSE(advanced(R"([{"Field":"eventCategory","Equals":"Data"}])"));
  EXPECT_FALSE(advanced(R"([{"Field":"eventCategory","Equals":["Data"]},{"Field":"sourceIPAddress","Equals":["10.0.0.1"]}])"));
}

// --- against a slow reading of the documentation

/// What the documentation says, word by word, over the record itself.
class Naive {
 public:
  static bool wants(const Json& basic, const Json& advanced, const Json& record) {
    const std::string category = record.at("eventCategory");
    if (basic.empty() && advanced.empty()) return category == "Management";
    for (const Json& selector : basic)
      if (basic_wants(selector, record, category)) return true;
    for (const Json& selector : advanced)
      if (advanced_wants(selector, record)) return true;
    return false;
  }

 private:
  static Json resources(const Json& record) { return record.value("resources", Json::array()); }
  static std::string arn(const Json& resource) { return resource.value("ARN", resource.value("ARNPrefix", "")); }

  static bool basic_wants(const Json& selector, const Json& record, const std::string& category) {
    const std::string reads = selector.value("ReadWriteType", "All");
    if (reads != "All" && (reads == "ReadOnly") != record.at("readOnly").get<bool>()) return false;
    if (category == "Management") {
      if (!selector.value("IncludeManagementEvents", true)) return false;
      for (const Json& source : selector.value("ExcludeManagementEventSources", Json::array()))
        if (source == record.at("eventSource")) return false;
      return true;
    }
    if (category != "Data") return false;
    for (const Json& wanted : selector.value("DataResources", Json::array()))
      for (const std::string value : wanted.value("Values", Json::array()))
        for (const Json& resource : resources(record)) {
          if (resource.at("type") != wanted.at("Type")) continue;
          const bool all = value == (wanted.at("Type") == "AWS::Lambda::Function" ? "arn:aws:lambda" : "arn:aws:dynamodb");
          const bool prefix = all || wanted.at("Type") == "AWS::S3::Object";
          if (prefix ? arn(resource).starts_with(value) : arn(resource) == value) return true;
        }
    return false;
  }

  static bool advanced_wants(const Json& selector, const Json& record) {
    bool on_resources = false;
    for (const Json& field : selector.at("FieldSelectors")) on_resources |= field.at("Field").get<std::string>().starts_with("resources.");
    const Json all = on_resources ? resources(record) : Json::array({Json::object()});
    for (const Json& resource : all) {
      bool good = true;
      for (const Json& field : selector.at("FieldSelectors")) good = good && passes(field, text(field.at("Field"), record, resource));
      if (good) return true;
    }
    return false;
  }

  static std::string text(const std::string& field, const Json& record, const Json& resource) {
    if (field == "resources.type") return resource.value("type", "");
    if (field == "resources.ARN") return arn(resource);
    if (field == "userIdentity.arn") return record.at("userIdentity").value("arn", "");
    if (field == "readOnly") return record.at("readOnly").get<bool>() ? "true" : "false";
    return record.value(field, field == "sessionCredentialFromConsole" ? "false" : "");
  }

  static bool passes(const Json& field, const std::string& text) {
    bool has_select = false, selected = false;
    for (const auto& [name, list] : field.items()) {
      if (name == "Field") continue;
      const bool negative = name.starts_with("Not");
      const std::string operation = negative ? name.substr(3) : name;
      bool one = false;
      for (const std::string value : list) {
        one = one || (operation == "Equals" ? text == value : operation == "StartsWith" ? text.starts_with(value) : text.ends_with(value));
      }
      if (negative && one) return false;
      has_select = has_select || !negative;
      selected = selected || (!negative && one);
    }
    return !has_select || selected;
  }
};

/// Random selectors and records over few words, so that they meet.
class Dice {
 public:
  explicit Dice(uint32_t seed) : random_(seed) {}
  size_t below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  bool once_in(size_t n) { return below(n) == 0; }
  std::string of(std::initializer_list<const char*> words) { return *(words.begin() + below(words.size())); }

  std::string letters() {  // "", a, b, aa, ... aabb
    std::string text;
    for (size_t n = below(5); n > 0; --n) text += once_in(2) ? 'a' : 'b';
    return text;
  }
  std::string category() { return of({"Management", "Data", "Data", "Data", "NetworkActivity", "Insight"}); }
  std::string source() { return of({"s3.amazonaws.com", "kms.amazonaws.com", "rdsdata.amazonaws.com"}); }
  std::string type() { return of({"AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"}); }
  std::string arn() {
    return of({"arn:aws:s3:::", "arn:aws:s3:::", "arn:aws:lambda", "arn:aws:dynamodb"}) + letters() + (once_in(2) ? "/" : "") + letters();
  }

  std::string value(const std::string& field) {
    if (field == "eventCategory") return category();
    if (field == "eventSource") return source();
    if (field == "readOnly" || field == "sessionCredentialFromConsole") return of({"true", "false"});
    if (field == "resources.type") return type();
    if (field == "resources.ARN" && once_in(2)) return arn();
    return letters() + "a";
  }
  Json list(const std::string& field) {
    Json values = Json::array();
    for (size_t n = once_in(4) ? 1 + below(30) : 1; n > 0; --n) values.push_back(value(field));
    return values;
  }
  Json field(const std::string& name) {
    Json made = {{"Field", name}};
    for (size_t n = 1 + below(3); n > 0; --n)
      made[of({"Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"})] = list(name);
    return made;
  }
  Json advanced() {
    Json fields = Json::array({{{"Field", "eventCategory"}, {"Equals", Json::array({category()})}}});
    for (size_t n = below(3); n > 0; --n) {
      fields.push_back(field(of({"eventSource", "eventName", "eventType", "readOnly", "resources.type", "resources.ARN", "userIdentity.arn",
                                 "sessionCredentialFromConsole", "errorCode", "vpcEndpointId", "eventCategory"})));
    }
    return {{"FieldSelectors", fields}};
  }
  Json basic() {
    Json selector = Json::object();
    if (once_in(2)) selector["ReadWriteType"] = of({"All", "ReadOnly", "WriteOnly"});
    if (once_in(2)) selector["IncludeManagementEvents"] = once_in(2);
    if (once_in(2)) selector["ExcludeManagementEventSources"] = once_in(2) ? Json::array({source()}) : Json::array();
    for (size_t n = below(3); n > 0; --n) {
      Json values = Json::array();
      for (size_t m = below(4); m > 0; --m) values.push_back(arn());
      selector["DataResources"].push_back({{"Type", type()}, {"Values", values}});
    }
    return selector;
  }
  Json event() {
    Json more = {{"eventCategory", category()},
                 {"eventSource", source()},
                 {"eventName", letters() + "a"},
                 {"readOnly", once_in(2)},
                 {"eventType", letters() + "a"}};
    more["userIdentity"] = once_in(4) ? Json::object() : Json{{"arn", letters() + "a"}};
    if (once_in(2)) more["sessionCredentialFromConsole"] = "true";
    if (once_in(2)) more["errorCode"] = letters() + "a";
    if (once_in(2)) more["vpcEndpointId"] = letters() + "a";
    for (size_t n = below(4); n > 0; --n) more["resources"].push_back({{"type", type()}, {once_in(4) ? "ARNPrefix" : "ARN", arn()}});
    return parsed(record(more));
  }

 private:
  std::mt19937 random_;
};

TEST(Selector, agrees_with_a_slow_reading_of_the_documentation) {
  Dice dice(20260102);
  size_t wanted = 0, asked = 0;
  for (int round = 0; round < 3000; ++round) {
    Json basic = Json::array(), advanced = Json::array();
    for (size_t n = dice.below(4); n > 0; --n) dice.once_in(3) ? basic.push_back(dice.basic()) : advanced.push_back(dice.advanced());
    Trail trail(basic, advanced);
    for (int i = 0; i < 20; ++i, ++asked) {
      const Json event = dice.event();
      const bool expected = Naive::wants(basic, advanced, event);
      ASSERT_EQ(trail.wants(json::dump(event)), expected) << basic.dump() << "\n" << advanced.dump() << "\n" << event.dump();
      wanted += expected;
    }
  }
  EXPECT_GT(wanted, asked / 5) << "the test asks questions of both answers";
  EXPECT_LT(wanted, asked * 4 / 5);
}

/// Records of AWS built again here: each is of the category that it names, and a trail for all of them wants all.
TEST(Selector, reads_the_records_that_are_built_here) {
  Trail fresh = Trail::fresh();
  Trail objects =
      Trail::basic(R"([{"IncludeManagementEvents":false,"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3"]}]}])");
  size_t data = 0;
  for (const testing::GoldenCase& golden : testing::golden_cases()) {
    const testing::GoldenCall call(golden);
    const std::string built = build(call.facts());
    EXPECT_EQ(fresh.wants(built), call.facts().management) << built;
    const bool on_objects = built.find("AWS::S3::Object") != std::string::npos;
    EXPECT_EQ(objects.wants(built), on_objects && !call.facts().management) << built;
    data += objects.wants(built);
  }
  EXPECT_GT(data, 5u);
}

}  // namespace
}  // namespace cairn::event

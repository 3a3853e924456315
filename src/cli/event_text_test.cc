#include "cli/event_text.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "cli/lookup.h"
#include "cli/when.h"

namespace cairn::cli {
namespace {

const Json kEvent = Json::parse(R"({"EventId":"e1","EventName":"PutObject","ReadOnly":"false","EventTime":1767225600.0,
  "EventSource":"s3.amazonaws.com","Username":"alice","AccessKeyId":"AKIA","ErrorCode":"AccessDenied","Region":"us-east-1","Category":"DATA",
  "SourceIPAddress":"192.0.2.1","Resources":[{"ResourceType":"AWS::S3::Object","ResourceName":"b/k"},{"ResourceName":"b"}],"CloudTrailEvent":"{}"})");

TEST(EventTable, ShowsTheEssenceInAlignedColumns) {
  EventWriter writer(Output::kTable, EventWriter::JsonForm::kDocument, true);
  const std::string head = writer.head(), line = writer.event(kEvent);
  for (const auto& [title, value] : std::vector<std::pair<const char*, const char*>>{{"TIME", "2026-01-01T00:00:00Z"},
                                                                                     {"EVENT", "PutObject"},
                                                                                     {"USER", "alice"},
                                                                                     {"SOURCE", "s3 "},
                                                                                     {"REGION", "us-east-1"},
                                                                                     {"RESOURCE", "b/k  "},
                                                                                     {"ERROR", "AccessDenied"}}) {
    ASSERT_NE(line.find(value), std::string::npos) << line;
    EXPECT_EQ(head.find(title), line.find(value)) << title;
  }
}

TEST(EventTable, NamesAnObjectByBucketAndKey) {
  Json event = kEvent;
  event["Resources"] = Json::parse(R"([{"ResourceType":"AWS::S3::Bucket","ResourceName":"photos"},
    {"ResourceType":"AWS::S3::Object","ResourceName":"arn:aws:s3:::photos/2026/a.jpg"},
    {"ResourceType":"AWS::S3::Bucket","ResourceName":"photos-2"}])");
  EventWriter writer(Output::kTable, EventWriter::JsonForm::kDocument, false);
  EXPECT_NE(writer.event(event).find(" photos/2026/a.jpg photos-2 "), std::string::npos);
}

TEST(EventTable, CutsWhatIsTooLongAndNeverCommandsTheTerminal) {
  Json event = kEvent;
  event["Username"] =
      "a\x1b[31m\xc2\x9b"
      "b\xe2\x80\xae" +
      std::string(100, 'x');
  EventWriter writer(Output::kTable, EventWriter::JsonForm::kDocument, false);
  const std::string line = writer.event(event);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line.find("\xc2\x9b"), std::string::npos);
  EXPECT_EQ(line.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_TRUE(text::is_utf8(line));
  EXPECT_NE(line.find("…"), std::string::npos);
  EXPECT_NE(line.find("AccessDenied"), std::string::npos);
}

TEST(EventTable, ShowsTheServiceThatCalledForItself) {
  Json event = kEvent;
  event.erase("Username");
  event["InvokedBy"] = "cloudtrail.amazonaws.com";
  EventWriter writer(Output::kTable, EventWriter::JsonForm::kDocument, false);
  EXPECT_NE(writer.event(event).find("  cloudtrail.amazon…  "), std::string::npos);
}

TEST(EventNdjson, IsTheRecordOnALine) {
  Json event = kEvent;
  event["CloudTrailEvent"] = "{\"a\":\n1.10}";
  EventWriter writer(Output::kNdjson, EventWriter::JsonForm::kDocument, false);
  EXPECT_EQ(writer.head() + writer.event(event) + writer.foot(), "{\"a\": 1.10}\n");
}

TEST(EventCsv, HasAsManyCellsAsItsHead) {
  EventWriter writer(Output::kCsv, EventWriter::JsonForm::kDocument, false);
  const std::string head = writer.head(), line = writer.event(kEvent);
  EXPECT_EQ(std::count(head.begin(), head.end(), ','), std::count(line.begin(), line.end(), ','));
  EXPECT_EQ(line, "2026-01-01T00:00:00Z,PutObject,s3.amazonaws.com,alice,us-east-1,192.0.2.1,AccessDenied,false,DATA,b/k b,AKIA,e1,\r\n");
}

TEST(EventText, MarksWhatLooksLikeASecret) {
  Json event = kEvent;
  event["SensitiveData"] = {"access key", "card number"};
  EXPECT_NE(
      EventWriter(Output::kTable, EventWriter::JsonForm::kDocument, false).event(event).find("AccessDenied  ! access key, card number\n"),
      std::string::npos);
  EXPECT_NE(EventWriter(Output::kCsv, EventWriter::JsonForm::kDocument, false).event(event).find(",e1,\"access key, card number\"\r\n"),
            std::string::npos);
}

TEST(EventJson, IsOneDocumentOrOneEventALine) {
  for (const int events : {0, 1, 3}) {
    EventWriter writer(Output::kJson, EventWriter::JsonForm::kDocument, false);
    std::string all = writer.head();
    for (int i = 0; i < events; ++i) all += writer.event(kEvent);
    const auto parsed = json::parse(all + writer.foot());
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ((*parsed)["Events"].size(), static_cast<size_t>(events));
  }
  EventWriter lines(Output::kJson, EventWriter::JsonForm::kLines, false);
  const std::string line = lines.head() + lines.event(kEvent) + lines.foot();
  EXPECT_EQ(json::parse(line).value()["EventTime"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(When, IsReadAsPeopleWriteIt) {
  const Time now = timestamps::parse_iso8601("2026-02-03T04:05:06Z").value();
  auto when = [now](const char* text) { return timestamps::iso8601(parse_when(text, now).value()); };
  EXPECT_EQ(when("now"), "2026-02-03T04:05:06Z");
  EXPECT_EQ(when("15m"), "2026-02-03T03:50:06Z");
  EXPECT_EQ(when("2h"), "2026-02-03T02:05:06Z");
  EXPECT_EQ(when("7d"), "2026-01-27T04:05:06Z");
  EXPECT_EQ(when("2026-01-31T09:30:00Z"), "2026-01-31T09:30:00Z");
  EXPECT_EQ(when("2026-01-31T09:30:00+02:00"), "2026-01-31T07:30:00Z");
  EXPECT_EQ(when("2026-01-31"), "2026-01-31T00:00:00Z");
  EXPECT_EQ(when("1767225600"), "2026-01-01T00:00:00Z");
  EXPECT_FALSE(parse_when("yesterday", now).has_value());
  EXPECT_FALSE(parse_when("", now).has_value());
}

TEST(Lookup, OptionsBecomeOneSearch) {
  LookupOptions options;
  options.filters = {{"EventName", "PutObject"}, {"Username", ""}, {"ReadOnly", "false"}};
  options.start_time = "2h";
  const Time now = timestamps::parse_iso8601("2026-01-01T02:00:00Z").value();
  EXPECT_EQ(search_input(options, "us-east-1", now).value(),
            Json::parse(R"({"Filters":[{"Attribute":"EventName","Value":"PutObject"},{"Attribute":"ReadOnly","Value":"false"}],
                            "StartTime":1767225600,"Region":"us-east-1"})"));
  EXPECT_EQ(search_input({.data_events = true, .all_regions = true}, "us-east-1", now).value(), Json::parse(R"({"Category":"ALL"})"));
  EXPECT_FALSE(search_input({.start_time = "soon"}, "us-east-1", now).has_value());
}

}  // namespace
}  // namespace cairn::cli

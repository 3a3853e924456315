#include "event/xml_json.h"

#include <gtest/gtest.h>

namespace cairn::event {
namespace {

std::string as_json(std::string_view text) {
  const Result<xml::Element> root = xml::parse(text);
  EXPECT_TRUE(root) << text;
  std::string out;
  if (root) append_xml_as_json(out, *root);
  return out;
}

// From delivered records.
TEST(XmlJson, bodies_are_shown_as_in_delivered_records) {
  EXPECT_EQ(
      as_json(
          R"(<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>Demo</Key><Value>true</Value></Tag></TagSet></Tagging>)"),
      R"({"xmlns":"http://s3.amazonaws.com/doc/2006-03-01/","TagSet":{"Tag":{"Value":true,"Key":"Demo"}}})");
  EXPECT_EQ(as_json(R"(<BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/" />)"),
            R"({"xmlns":"http://s3.amazonaws.com/doc/2006-03-01/"})");
}

TEST(XmlJson, children_of_one_name_are_an_array) { EXPECT_EQ(as_json("<r><a>x</a><a>2</a></r>"), R"({"a":["x",2]})"); }

TEST(XmlJson, empty_elements_are_empty_text) { EXPECT_EQ(as_json("<r><a/><b></b></r>"), R"({"a":"","b":""})"); }

TEST(XmlJson, text_beside_attributes_is_content) {
  EXPECT_EQ(as_json(R"(<r><a k="v">text</a></r>)"), R"({"a":{"k":"v","content":"text"}})");
}

TEST(XmlJson, text_is_a_truth_or_a_number_only_where_it_reads_back_the_same) {
  EXPECT_EQ(as_json("<r><v>TRUE</v></r>"), R"({"v":true})");
  EXPECT_EQ(as_json("<r><v>False</v></r>"), R"({"v":false})");
  EXPECT_EQ(as_json("<r><v> 30 </v></r>"), R"({"v":30})");
  EXPECT_EQ(as_json("<r><v>-1</v></r>"), R"({"v":-1})");
  EXPECT_EQ(as_json("<r><v>1.5</v></r>"), R"({"v":1.5})");
  EXPECT_EQ(as_json("<r><v>007</v></r>"), R"({"v":"007"})");
  EXPECT_EQ(as_json("<r><v>99999999999999999999</v></r>"), R"({"v":"99999999999999999999"})");
  EXPECT_EQ(as_json("<r><v>1e999</v></r>"), R"({"v":"1e999"})");
  EXPECT_EQ(as_json("<r><v>2026-01-02</v></r>"), R"({"v":"2026-01-02"})");
  EXPECT_EQ(as_json("<r><v>null</v></r>"), R"({"v":"null"})");
  EXPECT_EQ(as_json("<r><v>0x10</v></r>"), R"({"v":"0x10"})");
}

TEST(XmlJson, markup_in_text_is_text) { EXPECT_EQ(as_json("<r><v>&lt;a&gt; \"q\"</v></r>"), R"({"v":"<a> \"q\""})"); }

}  // namespace
}  // namespace cairn::event

#include "base/xml.h"

#include <gtest/gtest.h>

namespace cairn::xml {
namespace {

std::string nested(int depth) {
  std::string out;
  for (int i = 0; i < depth; ++i) out += "<a>";
  for (int i = 0; i < depth; ++i) out += "</a>";
  return out;
}

TEST(Xml, ReadsWhatS3ClientsSend) {
  auto root = parse(R"(<?xml version="1.0" encoding="UTF-8"?>
<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Quiet>true</Quiet>
  <Object><Key>a &amp; b&#13;&#x20AC;</Key></Object>
  <Object><Key> </Key></Object>
</Delete>
)");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(root->name, "Delete");
  ASSERT_EQ(root->attributes.size(), 1u);
  EXPECT_EQ(root->attributes[0].second, "http://s3.amazonaws.com/doc/2006-03-01/");
  ASSERT_EQ(root->children.size(), 3u);
  EXPECT_EQ(root->child("Quiet")->text, "true");
  EXPECT_EQ(root->children[1].child("Key")->text, "a & b\r\xE2\x82\xAC");
  EXPECT_EQ(root->children[2].child("Key")->text, " ");
  EXPECT_EQ(root->child("NoSuch"), nullptr);
}

TEST(Xml, KeepsAttributesAsWrittenAndDropsPrefixesOfElements) {
  auto root = parse(R"(<g:Grantee xmlns:xsi="urn:x" xsi:type="CanonicalUser"><g:ID>1</g:ID></g:Grantee>)");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->name, "Grantee");
  EXPECT_EQ(root->attributes[1], (std::pair<std::string, std::string>("xsi:type", "CanonicalUser")));
  EXPECT_EQ(root->child("ID")->text, "1");
}

TEST(Xml, JoinsCharacterData) {
  auto root = parse("<a>one<!-- & no entity -->two<![CDATA[<&three>]]><b/></a>");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(root->text, "onetwo<&three>");
}

TEST(Xml, RefusesWhatIsNotOnePlainDocument) {
  for (auto bad : {"", "text", "<a>", "<a></b>", "<a/><b/>", "<a b=c/>", "<a>&unknown;</a>", "<a>&</a>", "<a>&#0;</a>", "<a>&#xD800;</a>",
                   "<a>&#x110000;</a>", "<a>&#12x;</a>", "<a>\xFF</a>", "<a b='&nbsp;'/>", "<a><!-- </a>", "<!DOCTYPE a><a/>",
                   "<!DOCTYPE a [<!ENTITY x 'y'>]><a/>", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"}) {
    EXPECT_FALSE(parse(bad)) << bad;
  }
  EXPECT_FALSE(parse(std::string("<a>\0</a>", 8)));
}

TEST(Xml, LimitsDepth) {
  EXPECT_TRUE(parse(nested(kDepthMax)));
  EXPECT_FALSE(parse(nested(kDepthMax + 1)));
  EXPECT_FALSE(parse(nested(200'000)));
}

TEST(Xml, LimitsTagsAndAttributesBeforeTheyTakeMemory) {
  const auto repeated = [](std::string_view piece, size_t count) {
    std::string out;
    for (size_t i = 0; i < count; ++i) out += piece;
    return out;
  };
  EXPECT_TRUE(parse("<a>" + repeated("<b>1</b>", 90'000) + "</a>"));
  EXPECT_FALSE(parse("<a>" + repeated("<b/>", 300'000) + "</a>"));
  EXPECT_FALSE(parse("<a " + repeated("b='c' ", 100) + "/>"));
}

TEST(Xml, WritesElements) {
  std::string out;
  Writer w(out);
  w.declaration().open("R", "xmlns=\"urn:x\"").element("K", "a<b>&\"c\r").element("Empty", "").close("R");
  EXPECT_EQ(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<R xmlns=\"urn:x\"><K>a&lt;b&gt;&amp;&quot;c&#13;</K><Empty/></R>");
}

TEST(Xml, WhatIsWrittenCanBeRead) {
  std::string text = "\t\n\r <>&\"'\xC3\xA4";
  std::string out;
  Writer(out).element("K", text);
  auto back = parse(out);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->text, text);
}

}  // namespace
}  // namespace cairn::xml

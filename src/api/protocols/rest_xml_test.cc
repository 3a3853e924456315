#include "api/protocols/wire_test.h"

namespace cairn::api {
namespace {

using aws::Protocol;

Json read(std::string_view operation, TestRequest request) { return decode_test(Protocol::kRestXml, "s3", operation, request); }

std::string write(std::string_view operation, const Json& out) {
  return encode(Protocol::kRestXml, *aws::service_model("s3"), model_of("s3", operation), out, "r").body;
}

const std::string kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const std::string kNamespace = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

TEST(RestXml, ReadsLabelsQueryHeadersAndMetadata) {
  EXPECT_EQ(
      read("PutObject", {.method = "PUT",
                         .path = "/b/k",
                         .headers = {{"x-amz-meta-Colour", "red"},
                                     {"X-AMZ-META-colour", "blue"},
                                     {"Content-Type", "text/plain"},
                                     {"x-amz-acl", "private"},
                                     {"content-length", "5"},
                                     {"x-amz-tagging", "a=b"}},
                         .labels = {{"Bucket", "b"}, {"Key", "k"}}})
          .dump(),
      R"({"ACL":"private","Bucket":"b","ContentLength":5,"ContentType":"text/plain","Key":"k","Metadata":{"colour":"red,blue"},"Tagging":"a=b"})");
  EXPECT_EQ(read("ListObjectsV2", {.method = "GET",
                                   .query = "list-type=2&prefix=a%2Fb+c&delimiter=/&max-keys=2&fetch-owner=true&start-after=",
                                   .labels = {{"Bucket", "b"}}})
                .dump(),
            R"({"Bucket":"b","Delimiter":"/","MaxKeys":2,"Prefix":"a/b c","FetchOwner":true,"StartAfter":""})");
}

TEST(RestXml, TheBytesOfAnObjectAreNoParameter) { EXPECT_FALSE(read("PutObject", {.method = "PUT", .body = "bytes"}).contains("Body")); }

TEST(RestXml, ReadsADeleteAsAwsDocumentsIt) {
  EXPECT_EQ(read("DeleteObjects",
                 {.query = "delete",
                  .body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n"
                          "  <Object>\n    <Key>sample1.txt</Key>\n  </Object>\n  <Object><Key> sample 2 &amp; </Key>"
                          "<VersionId>v</VersionId></Object>\n  <Quiet>true</Quiet>\n</Delete>",
                  .labels = {{"Bucket", "b"}}})
                .dump(),
            R"({"Bucket":"b","Delete":{"Objects":[{"Key":"sample1.txt"},{"Key":" sample 2 & ","VersionId":"v"}],"Quiet":true}})");
}

TEST(RestXml, ReadsTagsPartsAndGrantees) {
  EXPECT_EQ(read("PutBucketTagging",
                 {.body = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag><Tag><Key>k2</Key><Value/></Tag></TagSet></Tagging>"})
                .dump(),
            R"({"Tagging":{"TagSet":[{"Key":"k","Value":"v"},{"Key":"k2","Value":""}]}})");
  EXPECT_EQ(read("CompleteMultipartUpload",
                 {.query = "uploadId=u",
                  .body = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"e\"</ETag></Part></CompleteMultipartUpload>"})
                .dump(),
            R"({"MultipartUpload":{"Parts":[{"ETag":"\"e\"","PartNumber":1}]},"UploadId":"u"})");
  EXPECT_EQ(read("PutBucketAcl",
                 {.body = "<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList><Grant><Grantee "
                          "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>g</ID></Grantee>"
                          "<Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>"})["AccessControlPolicy"]
                .dump(),
            R"({"Grants":[{"Grantee":{"ID":"g","Type":"CanonicalUser"},"Permission":"FULL_CONTROL"}],"Owner":{"ID":"o"}})");
}

TEST(RestXml, ABodyThatIsAPolicyStaysText) {
  EXPECT_EQ(read("PutBucketPolicy", {.body = " {\"Version\":\"2012-10-17\"}"})["Policy"], " {\"Version\":\"2012-10-17\"}");
}

TEST(RestXml, ConditionalDatesOfAnyFormAreReadAndBrokenOnesCountAsNotSent) {
  EXPECT_EQ(read("GetObject", {.headers = {{"If-Modified-Since", "Fri, 02 Jan 2026 03:04:05 GMT"}}})["IfModifiedSince"],
            "2026-01-02T03:04:05.000Z");
  EXPECT_FALSE(read("GetObject", {.headers = {{"If-Modified-Since", "long ago"}}}).contains("IfModifiedSince"));
}

TEST(RestXml, WrongValuesAreRefusedAsS3Does) {
  const auto error = [](std::string_view operation, TestRequest request) { return error_of([&] { read(operation, request); }); };
  EXPECT_EQ(error("ListObjects", {.query = "max-keys=many"}), "InvalidArgument: Provided max-keys not an integer or within integer range");
  EXPECT_EQ(error("UploadPart", {.query = "partNumber=x&uploadId=u"}),
            "InvalidArgument: Part number must be an integer between 1 and 10000, inclusive");
  EXPECT_EQ(error("ListObjects", {.query = "prefix=%zz"}), "InvalidURI: Couldn't parse the specified URI.");
  const std::string malformed = "The XML you provided was not well-formed or did not validate against our published schema";
  for (std::string_view body : {"<Tagging>", "no xml", "<Other><TagSet/></Other>", "{}"})
    EXPECT_EQ(error("PutBucketTagging", {.body = std::string(body)}), "MalformedXML: " + malformed) << body;
  EXPECT_EQ(error("PutBucketAcl", {.body = "<Tagging/>"}), "MalformedACLError: " + malformed);
  EXPECT_EQ(error("CompleteMultipartUpload",
                  {.body = "<CompleteMultipartUpload><Part><PartNumber>one</PartNumber></Part></CompleteMultipartUpload>"}),
            "MalformedXML: " + malformed);
  EXPECT_EQ(error("PutBucketTagging", {.body = ""}), "MissingRequestBodyError: Request Body is empty");
  EXPECT_EQ(error("CreateBucket", {.body = ""}), "");
}

TEST(RestXml, WritesAListOfBucketsAsAwsDoes) {
  EXPECT_EQ(write("ListBuckets", {{"Owner", {{"ID", "o"}, {"DisplayName", "d"}}},
                                  {"Buckets", {{{"Name", "b"}, {"CreationDate", "2026-01-02T03:04:05.678Z"}}}}}),
            kDeclaration + "<ListAllMyBucketsResult" + kNamespace +
                "><Buckets><Bucket><Name>b</Name><CreationDate>2026-01-02T03:04:05.678Z</CreationDate></Bucket></Buckets>"
                "<Owner><DisplayName>d</DisplayName><ID>o</ID></Owner></ListAllMyBucketsResult>");
  EXPECT_EQ(write("ListBuckets", {{"Buckets", Json::array()}}),
            kDeclaration + "<ListAllMyBucketsResult" + kNamespace + "><Buckets/></ListAllMyBucketsResult>");
}

TEST(RestXml, WritesFlattenedListsWithoutAWrapper) {
  EXPECT_EQ(write("ListObjectsV2", {{"IsTruncated", false},
                                    {"Contents", {{{"Key", "a"}, {"ETag", "\"e\""}, {"Size", 5}}, {{"Key", "b"}}}},
                                    {"Prefix", ""},
                                    {"CommonPrefixes", {{{"Prefix", "p/"}}}}}),
            kDeclaration + "<ListBucketResult" + kNamespace +
                "><IsTruncated>false</IsTruncated><Contents><Key>a</Key><ETag>&quot;e&quot;</ETag><Size>5</Size></Contents>"
                "<Contents><Key>b</Key></Contents><Prefix/><CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes></ListBucketResult>");
}

TEST(RestXml, ABucketsLocationIsTheAnswersOneMember) {
  EXPECT_EQ(write("GetBucketLocation", {{"LocationConstraint", "eu-west-1"}}),
            kDeclaration + "<LocationConstraint" + kNamespace + ">eu-west-1</LocationConstraint>");
  EXPECT_EQ(write("GetBucketLocation", Json::object()), kDeclaration + "<LocationConstraint" + kNamespace + "></LocationConstraint>");
}

TEST(RestXml, GranteesCarryTheirTypeAsAnAttribute) {
  EXPECT_EQ(write("GetBucketAcl", {{"Grants", {{{"Grantee", {{"Type", "CanonicalUser"}, {"ID", "g"}}}, {"Permission", "READ"}}}}}),
            kDeclaration + "<AccessControlPolicy" + kNamespace +
                "><AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\">"
                "<ID>g</ID></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>");
}

TEST(RestXml, AnswersWithoutValuesKeepTheirRootElement) {
  EXPECT_EQ(write("GetBucketVersioning", Json::object()),
            kDeclaration + "<VersioningConfiguration" + kNamespace + "></VersioningConfiguration>");
  EXPECT_EQ(write("PutObject", {{"ETag", "\"e\""}}), "");
  EXPECT_EQ(write("DeleteBucket", Json::object()), "");
}

TEST(RestXml, WritesHeaders) {
  const WireResponse response = encode(Protocol::kRestXml, *aws::service_model("s3"), model_of("s3", "HeadObject"),
                                       {{"ETag", "\"e\""},
                                        {"ContentLength", 5},
                                        {"LastModified", "2026-01-02T03:04:05.678Z"},
                                        {"ObjectLockRetainUntilDate", "2026-01-02T03:04:05.678Z"},
                                        {"DeleteMarker", false},
                                        {"Metadata", {{"colour", "red"}}}},
                                       "r");
  EXPECT_EQ(header_of(response, "ETag"), "\"e\"");
  EXPECT_EQ(header_of(response, "Content-Length"), "5");
  EXPECT_EQ(header_of(response, "Last-Modified"), "Fri, 02 Jan 2026 03:04:05 GMT");
  EXPECT_EQ(header_of(response, "x-amz-object-lock-retain-until-date"), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(header_of(response, "x-amz-meta-colour"), "red");
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(encode(Protocol::kRestXml, *aws::service_model("s3"), model_of("s3", "DeleteObject"), Json::object(), "r").status, 204);
}

TEST(RestXml, WritesErrorsAsS3Does) {
  const auto error = [](aws::Error thrown) {
    return encode_error(Protocol::kRestXml, *aws::service_model("s3"), nullptr, thrown, "656c76696e6727732072", "host", "");
  };
  const WireResponse missing =
      error(aws::Error({.code = "NoSuchKey", .status = 404}, "The specified key does not exist.").with("Key", "a&b"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(header_of(missing, "Content-Type"), "application/xml");
  EXPECT_EQ(missing.body, kDeclaration +
                              "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"
                              "<Key>a&amp;b</Key><RequestId>656c76696e6727732072</RequestId><HostId>host</HostId></Error>");
  EXPECT_NE(error(aws::Error(aws::kInternalFailure, "m")).body.find("<Code>InternalError</Code>"), std::string::npos);
  EXPECT_EQ(error(aws::Error(aws::kThrottling, "m")).status, 503);
}

}  // namespace
}  // namespace cairn::api

#include "aws/model.h"

#include <gtest/gtest.h>

#include "aws/embedded.h"

namespace cairn::aws {
namespace {

TEST(Model, EveryTableThatWasBuiltInCanBeRead) {
  const std::vector<std::string_view> keys = service_model_keys();
  EXPECT_EQ(keys.size(), 16u);
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  for (const EmbeddedModel& embedded : embedded_models()) {
    auto model = parse_service_model(embedded.table);
    ASSERT_TRUE(model.has_value()) << embedded.key << ": " << model.error().message;
    EXPECT_EQ((*model)->key, embedded.key);
    EXPECT_FALSE((*model)->protocols.empty()) << embedded.key;
    for (const OperationModel& operation : (*model)->operations) {
      EXPECT_EQ((*model)->operation(operation.name), &operation);
      for (const Shape* error : operation.errors) EXPECT_TRUE(error->exception) << error->name;
    }
    for (const auto& [name, shape] : (*model)->shapes) {
      EXPECT_EQ(shape.type == Type::kList || shape.type == Type::kMap, shape.element.shape != nullptr) << name;
      EXPECT_EQ(shape.type == Type::kMap, shape.key.shape != nullptr) << name;
      for (const Member& member : shape.members) EXPECT_NE(member.shape, nullptr) << name << '.' << member.name;
    }
  }
}

TEST(Model, ServicesAreTheSameObjectEveryTimeAndUnknownOnesAreNull) {
  EXPECT_EQ(service_model("sts"), service_model("sts"));
  EXPECT_EQ(service_model("cloudtrail-data")->operations.size(), 1u);
  EXPECT_EQ(service_model("ec2"), nullptr);
  EXPECT_EQ(service_model(""), nullptr);
}

TEST(Model, KnowsWhatAwsPublishesOfCloudTrail) {
  const ServiceModel& cloudtrail = *service_model("cloudtrail");
  EXPECT_EQ(cloudtrail.operations.size(), 60u);
  EXPECT_EQ(cloudtrail.target_prefix, "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101");
  EXPECT_EQ(cloudtrail.protocols, std::vector{Protocol::kJson11});
  const OperationModel& lookup = *cloudtrail.operation("LookupEvents");
  const Member& max = *lookup.input->member("MaxResults");
  EXPECT_EQ(max.shape->type, Type::kInteger);
  EXPECT_EQ(max.shape->min, 1);
  EXPECT_EQ(max.shape->max, 50);
  EXPECT_FALSE(max.required);
  const Member& attributes = *lookup.input->member("LookupAttributes");
  EXPECT_EQ(attributes.shape->type, Type::kList);
  EXPECT_EQ(attributes.shape->element.shape->member("AttributeKey")->shape->values.size(), 8u);
  EXPECT_TRUE(attributes.shape->element.shape->member("AttributeValue")->required);
}

TEST(Model, KnowsBindingsOfS3) {
  const ServiceModel& s3 = *service_model("s3");
  const OperationModel& put = *s3.operation("PutObject");
  EXPECT_EQ(put.method, "PUT");
  EXPECT_EQ(put.uri, "/{Bucket}/{Key+}");
  EXPECT_EQ(put.input->member("Bucket")->location, Location::kUri);
  EXPECT_EQ(put.input->member("ACL")->location_name, "x-amz-acl");
  EXPECT_EQ(put.input->member("Metadata")->location, Location::kHeaders);
  EXPECT_EQ(put.input->member("Metadata")->location_name, "x-amz-meta-");
  EXPECT_TRUE(put.input->member("Body")->payload);
  EXPECT_TRUE(put.input->member("Body")->shape->streaming);
  EXPECT_TRUE(put.input->member("SSECustomerKey")->shape->sensitive);
  EXPECT_EQ(s3.operation("DeleteObject")->status, 204);
  EXPECT_TRUE(s3.operation("DeleteObjects")->checksum_required);
  EXPECT_EQ(s3.operation("PutBucketTagging")->input_root, "Tagging");
  EXPECT_EQ(s3.operation("ListBuckets")->output->location_name, "ListAllMyBucketsResult");
  EXPECT_EQ(s3.operation("DeleteBucket")->output, nullptr);
  EXPECT_EQ(s3.xml_namespace, "http://s3.amazonaws.com/doc/2006-03-01/");
  EXPECT_FALSE(s3.global);
}

TEST(Model, KnowsErrorCodesAndStatusOfTheQueryProtocol) {
  const ServiceModel& iam = *service_model("iam");
  EXPECT_TRUE(iam.global);
  const Shape& missing = iam.shapes.at("NoSuchEntityException");
  EXPECT_TRUE(missing.exception);
  EXPECT_EQ(missing.error_code, "NoSuchEntity");
  EXPECT_EQ(missing.error_status, 404);
  EXPECT_EQ(service_model("sts")->operation("GetCallerIdentity")->result_wrapper, "GetCallerIdentityResult");
  EXPECT_EQ(service_model("monitoring")->protocols, (std::vector{Protocol::kCbor, Protocol::kJson10, Protocol::kQuery}));
  EXPECT_TRUE(service_model("monitoring")->query_compatible);
}

TEST(Model, ABrokenTableSaysWhatIsWrong) {
  constexpr std::string_view kService = R"("service":{"key":"x","protocols":["query"]},"operations":{})";
  const auto message = [&](std::string_view shapes) {
    return parse_service_model(fmt::format("{{{},\"shapes\":{}}}", kService, shapes)).error().message;
  };
  EXPECT_EQ(message(R"({"A":{"type":"structure","members":{"B":"Nowhere"}}})"), "shape is used but not there: Nowhere");
  EXPECT_EQ(message(R"({"A":{"type":"tuple"}})"), "unknown type: tuple");
  EXPECT_EQ(message(R"({"A":{"type":"structure","members":{"B":"A optional"}}})"), "unknown word: optional");
  EXPECT_FALSE(parse_service_model("{").has_value());
  EXPECT_FALSE(parse_service_model("{}").has_value());
}

}  // namespace
}  // namespace cairn::aws

#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"Bucket", On::kReplace, kRequired},
    {"PolicyDocument", On::kUpdate, kRequired},
});
constexpr std::array<std::string_view, 1> kIdentifiers = {"Bucket"};

void put(Doing& doing, const std::string& bucket) {
  doing.call("s3", "PutBucketPolicy", {{"Bucket", bucket}, {"Policy", document_text(doing.get("PolicyDocument"))}});
}

void create(Doing& doing) {
  const std::string bucket = doing.text("Bucket");
  if (doing.call_unless({"NoSuchBucketPolicy"}, "s3", "GetBucketPolicy", {{"Bucket", bucket}}))
    throw Failed{fmt::format("The bucket policy already exists on bucket {}.", bucket)};
  put(doing, bucket);
  doing.physical = bucket;
}

void update(Doing& doing) { put(doing, doing.physical); }

void remove(Doing& doing) {
  doing.call_unless({"NoSuchBucket", "NoSuchBucketPolicy"}, "s3", "DeleteBucketPolicy", {{"Bucket", doing.physical}});
}

void read(Doing& doing) {
  const auto found = doing.call_unless({"NoSuchBucket", "NoSuchBucketPolicy"}, "s3", "GetBucketPolicy", {{"Bucket", doing.physical}});
  doing.is_gone = !found;
  if (found) doing.live["PolicyDocument"] = document_of(found->at("Policy"));
}

bool find(Doing& doing) {
  const std::string bucket = doing.id("Bucket");
  if (!doing.call_unless({"NoSuchBucket", "NoSuchBucketPolicy"}, "s3", "GetBucketPolicy",
                         {{"Bucket", bucket}, {"ExpectedBucketOwner", doing.where().account.str()}}))
    return false;
  doing.physical = bucket;
  return true;
}

}  // namespace

extern const ResourceType s3_bucket_policy;
const ResourceType s3_bucket_policy{.name = "AWS::S3::BucketPolicy",
                                    .properties = kProperties,
                                    .create = create,
                                    .update = update,
                                    .remove = remove,
                                    .read = read,
                                    .find = find,
                                    .identifiers = kIdentifiers};

}  // namespace cairn::cloudformation

#include <algorithm>
#include <array>

#include "services/cloudformation/resource_type.h"
#include "services/cloudformation/types/s3/settings.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"AbacStatus", On::kRefuse},
    {"AccelerateConfiguration"},
    {"AccessControl"},
    {"AnalyticsConfigurations", On::kRefuse},
    {"BucketEncryption"},
    {"BucketName", On::kReplace},
    {"BucketNamePrefix", On::kRefuse},
    {"BucketNamespace", On::kRefuse},
    {"CorsConfiguration"},
    {"IntelligentTieringConfigurations", On::kRefuse},
    {"InventoryConfigurations", On::kRefuse},
    {"LifecycleConfiguration"},
    {"LoggingConfiguration"},
    {"MetadataConfiguration", On::kRefuse},
    {"MetadataTableConfiguration", On::kRefuse},
    {"MetricsConfigurations", On::kRefuse},
    {"NotificationConfiguration"},
    {"ObjectLockConfiguration"},
    {"ObjectLockEnabled", On::kReplace},
    {"OwnershipControls"},
    {"PublicAccessBlockConfiguration"},
    {"ReplicationConfiguration", On::kRefuse},
    {"Tags"},
    {"VersioningConfiguration"},
    {"WebsiteConfiguration", On::kRefuse},
});
constexpr std::array<std::string_view, 5> kAttributes = {"Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"BucketName"};

void take(Doing& doing, const std::string& name) {
  const std::string region = doing.where().region.str();
  doing.physical = name;
  doing.attributes["Arn"] = "arn:aws:s3:::" + name;
  doing.attributes["DomainName"] = name + ".s3.amazonaws.com";
  doing.attributes["DualStackDomainName"] = fmt::format("{}.s3.dualstack.{}.amazonaws.com", name, region);
  doing.attributes["RegionalDomainName"] = fmt::format("{}.s3.{}.amazonaws.com", name, region);
  doing.attributes["WebsiteURL"] = fmt::format("http://{}.s3-website-{}.amazonaws.com", name, region);
}

void create(Doing& doing) {
  const std::string name = doing.name("BucketName", {.characters_max = 63, .lower_case = true});
  const std::string region = doing.where().region.str();
  // In us-east-1 CreateBucket would give its owner one that is there already.
  if (doing.is_named("BucketName") && doing.call_unless({"404", "NoSuchBucket"}, "s3", "HeadBucket", {{"Bucket", name}}))
    throw Failed{fmt::format("{} already exists", name)};
  for (const BucketSetting& setting : bucket_settings()) check_setting(doing, setting);
  Json in{{"Bucket", name}};
  if (region != "us-east-1") in["CreateBucketConfiguration"]["LocationConstraint"] = region;
  if (!doing.where().system_tags.empty()) in["CreateBucketConfiguration"]["Tags"] = doing.where().system_tags;
  if (doing.flag("ObjectLockEnabled")) in["ObjectLockEnabledForBucket"] = true;
  if (doing.has("OwnershipControls")) in["ObjectOwnership"] = doing.get("OwnershipControls").at("Rules").at(0).at("ObjectOwnership");
  if (doing.has("AccessControl")) in["ACL"] = canned_acl(doing.text("AccessControl"));
  doing.call("s3", "CreateBucket", std::move(in));
  take(doing, name);
  for (const BucketSetting& setting : bucket_settings())
    if (doing.has(setting.property) && !(setting.property == "Tags" && doing.get("Tags").empty()) && !setting.is_of_creation)
      put_setting(doing, setting);
}

void update(Doing& doing) {
  for (const BucketSetting& setting : bucket_settings())
    if (doing.changed(setting.property)) put_setting(doing, setting);
}

void remove(Doing& doing) { doing.call_unless({"NoSuchBucket"}, "s3", "DeleteBucket", {{"Bucket", doing.physical}}); }

void read(Doing& doing) {
  doing.is_gone = !doing.call_unless({"404", "NoSuchBucket"}, "s3", "HeadBucket", {{"Bucket", doing.physical}});
  if (doing.is_gone) return;
  for (const BucketSetting& setting : bucket_settings())
    if (doing.has(setting.property)) read_setting(doing, setting);
}

bool find(Doing& doing) {
  const std::string name = doing.id("BucketName");
  if (!doing.call_unless({"404", "NoSuchBucket"}, "s3", "HeadBucket",
                         {{"Bucket", name}, {"ExpectedBucketOwner", doing.where().account.str()}}))
    return false;
  take(doing, name);
  return true;
}

/// Beside those that it has: the call puts all of them.
void tag(Doing& doing) {
  Json all = doing.tags();
  const Json gone = doing.tags_gone();
  if (all.empty() && gone.empty()) return;
  const auto there = doing.call_unless({"NoSuchTagSet"}, "s3", "GetBucketTagging", {{"Bucket", doing.physical}});
  for (const Json& tag : there ? there->at("TagSet") : Json::array())
    if (std::ranges::find(gone, tag.at("Key")) == gone.end() &&
        std::ranges::none_of(all, [&](const Json& each) { return each.at("Key") == tag.at("Key"); }))
      all.push_back(tag);
  if (all.empty() && there) doing.call("s3", "DeleteBucketTagging", {{"Bucket", doing.physical}});
  if (!all.empty()) doing.call("s3", "PutBucketTagging", {{"Bucket", doing.physical}, {"Tagging", {{"TagSet", std::move(all)}}}});
}

}  // namespace

extern const ResourceType s3_bucket;
const ResourceType s3_bucket{.name = "AWS::S3::Bucket",
                             .properties = kProperties,
                             .create = create,
                             .update = update,
                             .remove = remove,
                             .read = read,
                             .find = find,
                             .identifiers = kIdentifiers,
                             .tag = tag,
                             .name_property = "BucketName",
                             .attributes = kAttributes};

}  // namespace cairn::cloudformation

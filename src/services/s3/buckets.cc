#include "api/authorize.h"
#include "api/operation.h"
#include "base/text.h"
#include "services/s3/access.h"
#include "services/s3/bucket.h"
#include "services/s3/bucket_acl.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/object.h"
#include "services/s3/ownership.h"
#include "services/s3/requested_acl.h"
#include "services/s3/tags.h"
#include "services/s3/versions.h"

/// Buckets: their names are shared by all accounts and regions.
namespace cairn::s3 {
namespace {

constexpr size_t kBucketsMax = 10'000;  // of an account
constexpr std::string_view kUsEast1 = "us-east-1";

/// The region that a constraint means. The us-east-1 endpoint takes every region, the others their own only.
struct Placement {
  aws::Region region;
  std::string location;
};
Placement place(const api::Call& call) {
  const std::string here = call.region.str();
  std::string constraint;
  if (const auto it = call.in.find("CreateBucketConfiguration"); it != call.in.end()) constraint = text_of(*it, "LocationConstraint");
  const std::string meant = constraint == "EU" ? "eu-west-1" : constraint;
  if (here == kUsEast1) {
    if (constraint.empty()) return {aws::Region(here), ""};
    if (meant == kUsEast1 || !aws::is_region(meant)) {
      throw Error(kInvalidLocationConstraint, "The specified location-constraint is not valid").with("LocationConstraint", constraint);
    }
    return {aws::Region(meant), constraint};
  }
  if (meant != here) {
    throw Error(kIllegalLocationConstraint,
                "The {} location constraint is incompatible for the region specific endpoint this request was sent to.",
                constraint.empty() ? "unspecified" : constraint);
  }
  return {aws::Region(here), constraint};
}

/// What a new bucket is told beside its place. Its public access is blocked, so that no list can open it.
struct NewSettings {
  Ownership ownership = Ownership::kBucketOwnerEnforced;
  std::optional<Grants> grants;
};
NewSettings new_settings(api::Call& call, const Bucket& bucket) {
  NewSettings settings;
  const std::string arn = bucket_arn(bucket.name);
  if (has(call.in, "ObjectOwnership")) {
    const std::string name = text_of(call.in, "ObjectOwnership");
    const std::optional<Ownership> ownership = parse_ownership(name);
    if (!ownership)
      throw Error(kInvalidArgument, "Invalid x-amz-object-ownership header: {}", name).with("ArgumentName", "x-amz-object-ownership");
    settings.ownership = *ownership;
    api::require(call, {.action = "s3:PutBucketOwnershipControls", .resource = arn, .shown = fmt::format("\"{}\"", arn)});
  }
  settings.grants = requested_grants(call, bucket, owner_id(bucket.account), ListOf::kBucket);
  if (!settings.grants || *settings.grants == owners_own(owner_id(bucket.account))) return settings;
  if (!has_lists(settings.ownership)) throw lists_with_enforced_ownership();
  if (is_public(*settings.grants)) {
    throw Error({.code = "InvalidBucketAclWithBlockPublicAccessError", .status = 400},
                "Bucket cannot have public ACLs set with BlockPublicAccess enabled");
  }
  api::require(call, {.action = "s3:PutBucketAcl", .resource = arn, .shown = fmt::format("\"{}\"", arn)});
  return settings;
}

void answer_created(api::Call& call, std::string_view name, const aws::Region& region) {
  call.out["Location"] = region.str() == kUsEast1 ? fmt::format("/{}", name) : fmt::format("http://{}.s3.amazonaws.com/", name);
  call.out["BucketArn"] = bucket_arn(name);
}

/// Creating a bucket again is refused, but for its owner in us-east-1, where S3 has always let it pass; tags are no part of that.
void create_bucket(api::Call& call) {
  if (call.principal.kind == aws::Principal::Kind::kAnonymous) throw access_denied();
  const std::string name = text_of(call.in, "Bucket");
  api::require(call, {.action = "s3:CreateBucket", .resource = bucket_arn(name), .shown = fmt::format("\"{}\"", bucket_arn(name))});
  if (!aws::is_bucket_name(name)) throw Error(kInvalidBucketName, "The specified bucket is not valid.").with("BucketName", name);
  call.owner = call.account;
  const Placement placement = place(call);
  const Bucket bucket{
      .name = name, .account = call.account, .region = placement.region, .location = placement.location, .created = call.now};
  const NewSettings settings = new_settings(call, bucket);
  Tags tags;
  if (const auto it = call.in.find("CreateBucketConfiguration"); it != call.in.end())
    if (const auto set = it->find("Tags"); set != it->end()) tags = bucket_tags_of(call, *set, {}, Tagged::kNewBucket);

  if (const std::optional<std::string> document = call.state->get(keys::bucket(name))) {
    const Bucket existing = decode_bucket(name, *document);
    if (existing.account != call.account) {
      throw Error(kBucketAlreadyExists,
                  "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a "
                  "different name and try again.")
          .with("BucketName", name);
    }
    if (existing.region.str() == kUsEast1 && placement.region == existing.region && tags.empty())
      return answer_created(call, name, existing.region);
    throw Error(kBucketAlreadyOwnedByYou, "Your previous request to create the named bucket succeeded and you already own it.")
        .with("BucketName", name);
  }
  const std::string owned = keys::owned_prefix(call.account.str());
  if (call.state->list(owned, owned, kBucketsMax).items.size() == kBucketsMax)
    throw Error(kTooManyBuckets, "You have attempted to create more buckets than allowed");

  call.state->put(keys::bucket(name), encode(bucket));
  call.state->put(keys::owned(call.account.str(), name), encode(bucket));
  if (flag_of(call.in, "ObjectLockEnabledForBucket")) {
    put_bucket_setting(*call.state, name, kVersioningKind, {{"status", "Enabled"}});
    enable_object_lock(call, name, {});
  }
  if (!tags.empty()) call.state->put(keys::bucket_tagging(name), json::dump(encode(tags)));
  if (has_lists(settings.ownership)) put_ownership(*call.state, name, settings.ownership);
  if (settings.grants) put_bucket_grants(*call.state, bucket, *settings.grants);
  answer_created(call, name, placement.region);
}

/// Erases what unfinished uploads hold. False: more than one entry can take.
bool erase_uploads(api::Call& call, std::string_view bucket, size_t& budget) {
  constexpr size_t kUploadsMax = 1000;
  const std::string prefix = keys::upload_prefix(bucket);
  const state::Page page = call.state->list(prefix, prefix, kUploadsMax);
  for (const state::Item& item : page.items) {
    const size_t cost = item.key.size() + kChangeOverheadBytes;
    if (cost > budget) return false;
    budget -= cost;
    if (!erase_parts(call, std::string_view(item.key).substr(item.key.rfind(keys::kUploadSeparator) + 1), budget)) return false;
    call.state->erase(item.key);
  }
  return !page.more;
}

/// Unfinished uploads go with the bucket, as on AWS. Differs from AWS: with more unfinished uploads than one journal entry can take,
/// BucketNotEmpty is the answer, and they must be aborted first.
void delete_bucket(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  if (has_versions(call, bucket.name)) {
    const bool is_versioned = versioning_of(call, bucket.name).is_versioned();
    throw Error(kBucketNotEmpty, "The bucket you tried to delete is not empty{}",
                is_versioned ? ". You must delete all versions in the bucket." : "")
        .with("BucketName", bucket.name);
  }
  size_t budget = kErasureBudgetBytes;
  if (!erase_uploads(call, bucket.name, budget))
    throw Error(kBucketNotEmpty, "The bucket you tried to delete is not empty").with("BucketName", bucket.name);
  call.state->erase(keys::bucket(bucket.name));
  call.state->erase(keys::owned(bucket.account.str(), bucket.name));
  erase_bucket_settings(*call.state, bucket.name);
}

void head_bucket(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  call.out["BucketRegion"] = bucket.region.str();
  call.out["BucketArn"] = bucket_arn(bucket.name);
  call.out["AccessPointAlias"] = false;
}

/// The model gives this answer a member, the wire has only its text in the root element.
void get_bucket_location(api::Call& call) {
  const Bucket bucket = open_bucket(call, Regions::kAny);
  if (!bucket.location.empty()) call.out["LocationConstraint"] = bucket.location;
  call.reply.body =
      fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"{}",
                  bucket.location.empty() ? "/>" : fmt::format(">{}</LocationConstraint>", bucket.location));
}

constexpr size_t kListBucketsMax = 10'000;

/// All of the account's buckets in all regions; with a prefix, a region or a page size, that part of them and their regions.
void list_buckets(api::Call& call) {
  if (call.principal.kind == aws::Principal::Kind::kAnonymous) throw access_denied();
  api::require(call, {.action = "s3:ListAllMyBuckets", .resource = "arn:aws:s3:::*", .shown = ""});
  const std::string prefix = text_of(call.in, "Prefix"), region = text_of(call.in, "BucketRegion");
  if (!region.empty() && !aws::is_region(region))
    throw invalid_argument(fmt::format("Argument value {} is not a valid AWS Region", region), "bucket-region", region);
  const size_t limit = static_cast<size_t>(number_of(call.in, "MaxBuckets").value_or(kListBucketsMax));
  if (limit == 0 || limit > kListBucketsMax)
    throw invalid_argument(fmt::format("Argument max-buckets must be an integer between 1 and {}", kListBucketsMax), "max-buckets",
                           std::to_string(limit));
  const std::string owned = keys::owned_prefix(call.account.str());
  std::string after = owned;
  if (const std::string token = text_of(call.in, "ContinuationToken"); !token.empty()) {
    const std::optional<std::string> name = text::from_base64(token);
    if (!name) throw invalid_argument("The continuation token provided is incorrect", "continuation-token", token);
    after = owned + *name;
  }
  const bool asked_for_part = has(call.in, "MaxBuckets") || has(call.in, "ContinuationToken") || !region.empty() || !prefix.empty();

  Json buckets = Json::array();
  std::string last;
  bool more = false;
  const auto add = [&](std::string_view name, std::string_view document) {
    const Bucket bucket = decode_bucket(name, document);
    if (!region.empty() && bucket.region.str() != region) return true;
    if (buckets.size() == limit) return false;
    Json shown{{"Name", bucket.name},
               {"CreationDate", timestamps::iso8601_millis(std::chrono::floor<std::chrono::seconds>(bucket.created))}};
    if (asked_for_part) {
      shown["BucketRegion"] = bucket.region.str();
      shown["BucketArn"] = bucket_arn(bucket.name);
    }
    buckets.push_back(std::move(shown));
    last = bucket.name;
    return true;
  };
  for (bool reading = true; reading && !more;) {
    const state::Page page = call.state->list(owned + prefix, after, 1000);
    for (const state::Item& item : page.items) {
      if (!add(std::string_view(item.key).substr(owned.size()), item.value)) {
        more = true;
        break;
      }
      after = item.key;
    }
    reading = page.more && !page.items.empty();
  }
  call.out["Buckets"] = std::move(buckets);
  call.out["Owner"] = {{"ID", owner_id(call.account)}};
  if (!prefix.empty()) call.out["Prefix"] = prefix;
  if (more) call.out["ContinuationToken"] = text::base64(last);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateBucket", create_bucket},
    {"DeleteBucket", delete_bucket, api::Runs::kPool},
    {"GetBucketLocation", get_bucket_location},
    {"HeadBucket", head_bucket},
    {"ListBuckets", list_buckets},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_buckets;
const api::Family s3_buckets{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

#include "api/operation.h"
#include "api/system_tags.h"
#include "base/check.h"
#include "services/s3/bucket.h"
#include "services/s3/errors.h"
#include "services/s3/keys.h"
#include "services/s3/tags.h"

/// A bucket's tags.
namespace cairn::s3 {
namespace {

void get_bucket_tagging(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::optional<std::string> text = call.state->get(keys::bucket_tagging(bucket.name));
  if (!text) throw Error(kNoSuchTagSet, "The TagSet does not exist").with("BucketName", bucket.name);
  const Result<Json> document = json::parse(*text);
  CHECK(document.has_value());
  call.out["TagSet"] = tag_set(decode_tags(*document));
}

Tags tags_before(api::Call& call, const Bucket& bucket) {
  const std::optional<std::string> text = call.state->get(keys::bucket_tagging(bucket.name));
  return text ? decode_tags(json::parse(*text).value()) : Tags();
}

void put_tags(api::Call& call, const Bucket& bucket, const Tags& tags) {
  if (tags.empty()) call.state->erase(keys::bucket_tagging(bucket.name));
  else call.state->put(keys::bucket_tagging(bucket.name), json::dump(encode(tags)));
}

void put_bucket_tagging(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const auto request = call.in.find("Tagging");
  if (request == call.in.end()) throw malformed_xml();
  const Json set = request->contains("TagSet") ? request->at("TagSet") : Json::array();
  put_tags(call, bucket, bucket_tags_of(call, set, tags_before(call, bucket), Tagged::kBucket));
  call.reply.status = 204;  // the model says 200, S3 says 204
}

/// System tags stay.
void delete_bucket_tagging(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  Tags tags = tags_before(call, bucket);
  std::erase_if(tags, [&](const auto& tag) { return api::may_set_tag(call, tag.first); });
  put_tags(call, bucket, tags);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteBucketTagging", delete_bucket_tagging},
    {"GetBucketTagging", get_bucket_tagging},
    {"PutBucketTagging", put_bucket_tagging},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_bucket_tagging;
const api::Family s3_bucket_tagging{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

#include "api/operation.h"
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

void put_bucket_tagging(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const auto request = call.in.find("Tagging");
  if (request == call.in.end()) throw malformed_xml();
  const Tags tags = request->contains("TagSet") ? tags_of(request->at("TagSet"), Tagged::kBucket) : Tags();
  if (tags.empty()) call.state->erase(keys::bucket_tagging(bucket.name));
  else call.state->put(keys::bucket_tagging(bucket.name), json::dump(encode(tags)));
  call.reply.status = 204;  // the model says 200, S3 says 204
}

void delete_bucket_tagging(api::Call& call) { call.state->erase(keys::bucket_tagging(open_bucket(call).name)); }

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

#include "api/operation.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/notification.h"
#include "services/s3/versions.h"

/// An object's tags, beside those it was written with.
namespace cairn::s3 {
namespace {

void get_object_tagging(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  call.out["TagSet"] = tag_set(open_object(call, bucket.name, checked_key(call), Deleted::kNotAllowed).tags);
}

void put_tags(api::Call& call, std::string_view event, const std::function<Tags()>& tags) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call);
  Version version = open_version(call, bucket.name, key, Deleted::kNotAllowed);
  version.object.tags = tags();
  call.state->put(version.document, encode(version.object));
  notify(call, bucket, altered(event, key, version.object));
}

void put_object_tagging(api::Call& call) {
  put_tags(call, "ObjectTagging:Put", [&] {
    const auto request = call.in.find("Tagging");
    if (request == call.in.end()) throw malformed_xml();
    return request->contains("TagSet") ? tags_of(request->at("TagSet"), Tagged::kObject) : Tags();
  });
}

void delete_object_tagging(api::Call& call) {
  put_tags(call, "ObjectTagging:Delete", [] { return Tags(); });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteObjectTagging", delete_object_tagging},
    {"GetObjectTagging", get_object_tagging},
    {"PutObjectTagging", put_object_tagging},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_object_tagging;
const api::Family s3_object_tagging{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

#include "api/operation.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/versions.h"

/// An object's tags, beside those it was written with.
namespace cairn::s3 {
namespace {

Version open_tagged(api::Call& call) {
  const std::string bucket = open_bucket(call).name;
  return open_version(call, bucket, checked_key(call), Deleted::kNotAllowed);
}

void get_object_tagging(api::Call& call) { call.out["TagSet"] = tag_set(open_tagged(call).object.tags); }

void put_object_tagging(api::Call& call) {
  Version version = open_tagged(call);
  const auto request = call.in.find("Tagging");
  if (request == call.in.end()) throw malformed_xml();
  version.object.tags = request->contains("TagSet") ? tags_of(request->at("TagSet"), Tagged::kObject) : Tags();
  call.state->put(version.document, encode(version.object));
}

void delete_object_tagging(api::Call& call) {
  Version version = open_tagged(call);
  version.object.tags.clear();
  call.state->put(version.document, encode(version.object));
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

#include "services/s3/event_bridge.h"

#include <array>

#include "api/ports.h"
#include "env/random.h"
#include "rules/posted.h"
#include "services/s3/version_name.h"

namespace cairn::s3 {
namespace {

/// After "EventBridge event message structure" in S3's User Guide.
struct Words {
  std::string_view event, detail_type, reason, deletion_type;
};
constexpr auto kWords = std::to_array<Words>({
    {"LifecycleExpiration:Delete", "Object Deleted", "Lifecycle Expiration", "Permanently Deleted"},
    {"LifecycleExpiration:DeleteMarkerCreated", "Object Deleted", "Lifecycle Expiration", "Delete Marker Created"},
    {"ObjectAcl:Put", "Object ACL Updated", "", ""},
    {"ObjectCreated:CompleteMultipartUpload", "Object Created", "CompleteMultipartUpload", ""},
    {"ObjectCreated:Copy", "Object Created", "CopyObject", ""},
    {"ObjectCreated:Post", "Object Created", "POST Object", ""},
    {"ObjectCreated:Put", "Object Created", "PutObject", ""},
    {"ObjectRemoved:Delete", "Object Deleted", "DeleteObject", "Permanently Deleted"},
    {"ObjectRemoved:DeleteMarkerCreated", "Object Deleted", "DeleteObject", "Delete Marker Created"},
    {"ObjectTagging:Delete", "Object Tags Deleted", "", ""},
    {"ObjectTagging:Put", "Object Tags Added", "", ""},
});

std::string detail_of(const api::Call& call, const Bucket& bucket, const Happening& happening, const Words& words,
                      std::string_view requester, std::string_view address) {
  std::string text;
  json::Writer out(text);
  const auto word = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out.key(name).string(value);
  };
  out.begin_object();
  word("version", "0");
  out.key("bucket").begin_object();
  word("name", bucket.name);
  out.end_object().key("object").begin_object();
  word("key", happening.key);
  if (happening.size) out.key("size").number(static_cast<int64_t>(*happening.size));
  word("etag", happening.etag);
  if (happening.version != kNullVersion) word("version-id", happening.version);
  if (happening.is_sequenced) word("sequencer", sequencer(call));
  out.end_object();
  word("request-id", call.request_id);
  word("requester", requester);
  word("source-ip-address", address);
  word("reason", words.reason);
  word("deletion-type", words.deletion_type);
  out.end_object();
  return text;
}

}  // namespace

size_t post(api::Call& call, const Bucket& bucket, const Happening& happening, std::string_view requester, std::string_view address) {
  const auto words = std::ranges::find(kWords, happening.event, &Words::event);
  if (words == kWords.end()) return 0;
  const std::string detail = detail_of(call, bucket, happening, *words, requester, address), id = call.ports->random->uuid();
  const std::string resources[] = {"arn:aws:s3:::" + bucket.name};
  return rules::post(*call.state, {.id = id,
                                   .detail_type = words->detail_type,
                                   .source = "aws.s3",
                                   .account = bucket.account,
                                   .time = call.now,
                                   .region = bucket.region,
                                   .resources = resources,
                                   .detail = detail});
}

}  // namespace cairn::s3

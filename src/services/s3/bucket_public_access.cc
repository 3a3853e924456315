#include "api/operation.h"
#include "services/s3/bucket.h"
#include "services/s3/input.h"
#include "services/s3/public_access.h"

/// Block Public Access of a bucket.
namespace cairn::s3 {
namespace {

void get_public_access_block(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::optional<PublicAccessBlock> block = bucket_public_access_block(*call.state, bucket.name);
  if (!block) throw no_public_access_block().with("BucketName", bucket.name);
  call.out["PublicAccessBlockConfiguration"] = encode(*block);
}

void put_public_access_block(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const auto configuration = call.in.find("PublicAccessBlockConfiguration");
  if (configuration == call.in.end()) throw malformed_xml();
  put_bucket_public_access_block(*call.state, bucket.name, decode_public_access_block(*configuration));
}

/// Absent means all four, as for a new bucket; so what was deleted is remembered.
void delete_public_access_block(api::Call& call) { put_bucket_public_access_block(*call.state, open_bucket(call).name, std::nullopt); }

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeletePublicAccessBlock", delete_public_access_block},
    {"GetPublicAccessBlock", get_public_access_block},
    {"PutPublicAccessBlock", put_public_access_block},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_bucket_public_access;
const api::Family s3_bucket_public_access{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

#include "api/operation.h"
#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/listed.h"

/// What is in a bucket.
namespace cairn::s3 {
namespace {

constexpr std::string_view kTokenMark = "after:";  // a token's inside; opaque to clients

void list_objects(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const NameEncoder encoder(call.in);
  Scan scan = scan_of(call);
  scan.after = text_of(call.in, "Marker");
  const Scanned found = scan_keys(call, keys::object_prefix(bucket.name), scan);

  echo_listing(call, bucket, scan, encoder);
  call.out["Marker"] = encoder(scan.after);
  call.out["IsTruncated"] = found.truncated;
  if (found.truncated && !scan.delimiter.empty()) call.out["NextMarker"] = encoder(found.last);
  Json contents = Json::array();
  for (const auto& [key, document] : found.items) {
    const Object object = decode_object(document);
    contents.push_back(describe_listed(object, encoder(key)));
    contents.back()["Owner"] = {{"ID", object.owner_id(bucket)}};
  }
  if (!contents.empty()) call.out["Contents"] = std::move(contents);
  if (!found.prefixes.empty()) call.out["CommonPrefixes"] = common_prefixes(found.prefixes, encoder);
}

void list_objects_v2(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const NameEncoder encoder(call.in);
  Scan scan = scan_of(call);
  const std::string start_after = text_of(call.in, "StartAfter"), token = text_of(call.in, "ContinuationToken");
  scan.after = start_after;
  if (has(call.in, "ContinuationToken")) {
    const std::optional<std::string> inside = text::from_base64(token);
    if (!inside || !inside->starts_with(kTokenMark))
      throw invalid_argument("The continuation token provided is incorrect", "continuation-token", token);
    scan.after = inside->substr(kTokenMark.size());
  }
  const Scanned found = scan_keys(call, keys::object_prefix(bucket.name), scan);

  echo_listing(call, bucket, scan, encoder);
  call.out["IsTruncated"] = found.truncated;
  call.out["KeyCount"] = found.items.size() + found.prefixes.size();
  if (has(call.in, "ContinuationToken")) call.out["ContinuationToken"] = token;
  if (found.truncated) call.out["NextContinuationToken"] = text::base64(std::string(kTokenMark) + found.last);
  if (!start_after.empty()) call.out["StartAfter"] = encoder(start_after);
  Json contents = Json::array();
  for (const auto& [key, document] : found.items) {
    const Object object = decode_object(document);
    contents.push_back(describe_listed(object, encoder(key)));
    if (flag_of(call.in, "FetchOwner")) contents.back()["Owner"] = {{"ID", object.owner_id(bucket)}};
  }
  if (!contents.empty()) call.out["Contents"] = std::move(contents);
  if (!found.prefixes.empty()) call.out["CommonPrefixes"] = common_prefixes(found.prefixes, encoder);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListObjects", list_objects, api::Runs::kPool},
    {"ListObjectsV2", list_objects_v2, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_listing;
const api::Family s3_listing{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

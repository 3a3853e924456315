#include "api/operation.h"
#include "base/text.h"
#include "services/s3/bucket.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/object.h"
#include "services/s3/scan.h"

/// What is in a bucket.
namespace cairn::s3 {
namespace {

constexpr size_t kKeysMax = 1000;
constexpr std::string_view kTokenMark = "after:";  // a token's inside; opaque to clients

/// How names are written into the answer: as they are, or percent-encoded on request, as XML cannot carry every key.
struct Encoder {
  bool url = false;

  explicit Encoder(const Json& in) {
    const std::string type = text_of(in, "EncodingType");
    if (!type.empty() && type != "url") throw invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", type);
    url = !type.empty();
  }
  std::string operator()(std::string_view name) const { return url ? text::percent_encode(name, text::Slash::kKeep) : std::string(name); }
};

size_t max_keys(const Json& in, std::string_view member, std::string_view argument) {
  const int64_t asked = number_of(in, member).value_or(kKeysMax);
  if (asked < 0 || asked > INT32_MAX) {
    throw invalid_argument(fmt::format("Argument {} must be an integer between 0 and 2147483647", argument), argument,
                           std::to_string(asked));
  }
  return std::min(static_cast<size_t>(asked), kKeysMax);
}

std::string listed_time(Time t) { return timestamps::iso8601_millis(std::chrono::floor<std::chrono::seconds>(t)); }

/// What an entry of any listing says of an object.
Json describe(const Object& object, const std::string& key) {
  Json entry;
  entry["Key"] = key;
  entry["LastModified"] = listed_time(object.modified);
  entry["ETag"] = object.quoted_etag();
  if (!object.checksum.algorithm.empty()) {
    entry["ChecksumAlgorithm"] = {object.checksum.algorithm};
    entry["ChecksumType"] = std::string(object.checksum.type());
  }
  entry["Size"] = object.size;
  entry["StorageClass"] = object.storage_class;
  return entry;
}

Json common_prefixes(const std::vector<std::string>& prefixes, const Encoder& encoder) {
  Json list = Json::array();
  for (const std::string& prefix : prefixes) list.push_back({{"Prefix", encoder(prefix)}});
  return list;
}

/// What all listings echo.
void echo(api::Call& call, const Bucket& bucket, const Scan& scan, const Encoder& encoder) {
  call.reply.headers.emplace_back("x-amz-bucket-region", bucket.region.str());
  call.out["Name"] = bucket.name;
  call.out["Prefix"] = encoder(scan.prefix);
  if (!scan.delimiter.empty()) call.out["Delimiter"] = encoder(scan.delimiter);
  if (encoder.url) call.out["EncodingType"] = "url";
  call.out["MaxKeys"] = scan.limit;
}

Scan scan_of(const api::Call& call) {
  Scan scan;
  scan.prefix = text_of(call.in, "Prefix");
  scan.delimiter = text_of(call.in, "Delimiter");
  scan.limit = max_keys(call.in, "MaxKeys", "maxKeys");
  return scan;
}

void list_objects(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const Encoder encoder(call.in);
  Scan scan = scan_of(call);
  scan.after = text_of(call.in, "Marker");
  const Scanned found = scan_keys(call, keys::object_prefix(bucket.name), scan);

  echo(call, bucket, scan, encoder);
  call.out["Marker"] = encoder(scan.after);
  call.out["IsTruncated"] = found.truncated;
  if (found.truncated && !scan.delimiter.empty()) call.out["NextMarker"] = encoder(found.last);
  Json contents = Json::array();
  for (const auto& [key, document] : found.items) {
    contents.push_back(describe(decode_object(document), encoder(key)));
    contents.back()["Owner"] = {{"ID", owner_id(bucket.account)}};
  }
  if (!contents.empty()) call.out["Contents"] = std::move(contents);
  if (!found.prefixes.empty()) call.out["CommonPrefixes"] = common_prefixes(found.prefixes, encoder);
}

void list_objects_v2(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const Encoder encoder(call.in);
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

  echo(call, bucket, scan, encoder);
  call.out["IsTruncated"] = found.truncated;
  call.out["KeyCount"] = found.items.size() + found.prefixes.size();
  if (has(call.in, "ContinuationToken")) call.out["ContinuationToken"] = token;
  if (found.truncated) call.out["NextContinuationToken"] = text::base64(std::string(kTokenMark) + found.last);
  if (!start_after.empty()) call.out["StartAfter"] = encoder(start_after);
  Json contents = Json::array();
  for (const auto& [key, document] : found.items) {
    contents.push_back(describe(decode_object(document), encoder(key)));
    if (flag_of(call.in, "FetchOwner")) contents.back()["Owner"] = {{"ID", owner_id(bucket.account)}};
  }
  if (!contents.empty()) call.out["Contents"] = std::move(contents);
  if (!found.prefixes.empty()) call.out["CommonPrefixes"] = common_prefixes(found.prefixes, encoder);
}

/// Buckets have no versions here: every object is its own only, "null" version.
void list_object_versions(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const Encoder encoder(call.in);
  Scan scan = scan_of(call);
  scan.after = text_of(call.in, "KeyMarker");
  const std::string version_marker = text_of(call.in, "VersionIdMarker");
  if (!version_marker.empty() && scan.after.empty())
    throw invalid_argument("A version-id marker cannot be specified without a key marker.", "version-id-marker", version_marker);
  const Scanned found = scan_keys(call, keys::object_prefix(bucket.name), scan);

  echo(call, bucket, scan, encoder);
  call.out["KeyMarker"] = encoder(scan.after);
  call.out["VersionIdMarker"] = version_marker;
  call.out["IsTruncated"] = found.truncated;
  if (found.truncated) {
    call.out["NextKeyMarker"] = encoder(found.last);
    if (found.prefixes.empty() || found.prefixes.back() != found.last) call.out["NextVersionIdMarker"] = "null";
  }
  Json versions = Json::array();
  for (const auto& [key, document] : found.items) {
    Json entry = describe(decode_object(document), encoder(key));
    entry["VersionId"] = "null";
    entry["IsLatest"] = true;
    entry["Owner"] = {{"ID", owner_id(bucket.account)}};
    versions.push_back(std::move(entry));
  }
  if (!versions.empty()) call.out["Versions"] = std::move(versions);
  if (!found.prefixes.empty()) call.out["CommonPrefixes"] = common_prefixes(found.prefixes, encoder);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListObjectVersions", list_object_versions, api::Runs::kPool},
    {"ListObjects", list_objects, api::Runs::kPool},
    {"ListObjectsV2", list_objects_v2, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_listing;
const api::Family s3_listing{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

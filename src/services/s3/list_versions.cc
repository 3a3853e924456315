#include "api/operation.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/listed.h"
#include "services/s3/version_scan.h"
#include "services/s3/versions.h"

/// ListObjectVersions.
namespace cairn::s3 {
namespace {

/// The name that a marker's id stands for. Of a null version that has gone meanwhile nobody knows where it was: its key begins anew.
std::string marked_name(api::Call& call, const Bucket& bucket, const std::string& key, const std::string& id) {
  if (id.empty()) return "";
  if (!is_version_id(id)) throw invalid_argument("Invalid version id specified", "version-id-marker", id);
  if (id != kNullVersion) return id;
  const std::optional<Version> version = find_version(call, bucket.name, key, id);
  return version ? name_of(version->object) : ".";
}

void list_object_versions(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const NameEncoder encoder(call.in);
  const Scan page = scan_of(call);
  const std::string key_marker = text_of(call.in, "KeyMarker"), version_marker = text_of(call.in, "VersionIdMarker");
  if (!version_marker.empty() && key_marker.empty())
    throw invalid_argument("A version-id marker cannot be specified without a key marker.", "version-id-marker", version_marker);
  const ScannedVersions found = scan_versions(call, bucket.name,
                                              {.prefix = page.prefix,
                                               .delimiter = page.delimiter,
                                               .after_key = key_marker,
                                               .after_version = marked_name(call, bucket, key_marker, version_marker),
                                               .limit = page.limit});
  echo_listing(call, bucket, page, encoder);
  call.out["KeyMarker"] = encoder(key_marker);
  call.out["VersionIdMarker"] = version_marker;
  call.out["IsTruncated"] = found.truncated;
  if (found.truncated) {
    call.out["NextKeyMarker"] = encoder(found.last_key);
    if (!found.last_version.empty()) call.out["NextVersionIdMarker"] = found.last_version;
  }
  Json versions = Json::array(), markers = Json::array();
  for (const ScannedVersion& version : found.versions) {
    const bool is_marker = version.object.is_delete_marker;
    Json entry = is_marker ? Json{{"Key", encoder(version.key)}, {"LastModified", listed_time(version.object.modified)}}
                           : describe_listed(version.object, encoder(version.key));
    entry["VersionId"] = version_id(version.object);
    entry["IsLatest"] = version.is_latest;
    entry["Owner"] = {{"ID", version.object.owner_id(bucket)}};
    (is_marker ? markers : versions).push_back(std::move(entry));
  }
  if (!versions.empty()) call.out["Versions"] = std::move(versions);
  if (!markers.empty()) call.out["DeleteMarkers"] = std::move(markers);
  if (!found.prefixes.empty()) call.out["CommonPrefixes"] = common_prefixes(found.prefixes, encoder);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListObjectVersions", list_object_versions, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_list_versions;
const api::Family s3_list_versions{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

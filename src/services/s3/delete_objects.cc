#include <algorithm>

#include "api/operation.h"
#include "services/s3/access.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/mfa.h"
#include "services/s3/notification.h"
#include "services/s3/versions.h"

/// DeleteObject and DeleteObjects. What is not there is deleted with success.
namespace cairn::s3 {
namespace {

constexpr size_t kDeletesMax = 1000;

/// S3 takes this list only with a checksum over it; that it fits was seen when the body came in.
void require_checksum(const api::Call& call) {
  for (const auto& [name, value] : call.http.headers)
    if (name == "content-md5" || name.starts_with("x-amz-checksum-") || name == "x-amz-trailer") return;
  throw Error(kInvalidRequest, "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
}

/// What one deletion did, or why not.
struct Deletion {
  std::string marker;       // id of the delete marker that was put
  bool was_marker = false;  // of the version that was named
};

void tell(api::Call& call, const Bucket& bucket, const std::string& key, const std::optional<Version>& version, const Deletion& done,
          size_t& budget) {
  const std::string event = deleted_event("ObjectRemoved", done.marker);
  Happening happening{.event = event, .key = key, .version = done.marker};
  if (done.marker.empty() && version) happening.version = version_id(version->object);
  if (!done.marker.empty()) happening.etag = kEtagOfNothing;
  budget -= std::min(budget, notify(call, bucket, happening));
}

/// Deletes a key, or the version `id` of it. Throws what refuses it; SlowDown, if it does not fit into `budget`.
Deletion delete_one(api::Call& call, const Bucket& bucket, const std::string& key, const std::optional<Version>& version,
                    const std::string& id, size_t& budget) {
  Deletion done;
  if (id.empty()) {
    std::optional<std::string> marker =
        remove_current(call, bucket.name, key, version ? std::optional(version->object) : std::nullopt, budget);
    if (!marker) throw Error(kSlowDown, "Please reduce your request rate.");
    done.marker = std::move(*marker);
    if (version || !done.marker.empty()) tell(call, bucket, key, version, done, budget);
  } else if (version) {
    if (version->object.lock.protects(call.now, bypasses_governance(call, bucket, key))) throw locked();
    if (!remove_version(call, bucket.name, key, *version, budget)) throw Error(kSlowDown, "Please reduce your request rate.");
    done.was_marker = version->object.is_delete_marker;
    tell(call, bucket, key, version, done, budget);
  }
  return done;
}

std::optional<Validators> validators_of(const std::optional<Version>& version) {
  return version ? std::optional(version->object.validators()) : std::nullopt;
}

void delete_object(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call), id = text_of(call.in, "VersionId");
  check_bypass(call, bucket);
  const Versioning versioning = versioning_of(call, bucket.name);
  if (versioning.asks_for_mfa() && (!id.empty() || has(call.in, "MFA"))) require_mfa(call, bucket);
  const std::optional<Version> version = find_version(call, bucket.name, key, id);
  check_delete_conditions(call, validators_of(version));
  size_t budget = kErasureBudgetBytes;
  const Deletion done = delete_one(call, bucket, key, version, id, budget);
  if (!done.marker.empty() || done.was_marker) call.out["DeleteMarker"] = true;
  if (!done.marker.empty()) call.out["VersionId"] = done.marker;
  else if (!id.empty() && versioning.is_versioned()) call.out["VersionId"] = id;
}

/// One of DeleteObjects' keys: what `Deleted` says of it. Throws what `Errors` says.
Json delete_listed(api::Call& call, const Bucket& bucket, Access& access, const Json& item, size_t& budget) {
  const std::string key = text_of(item, "Key"), id = text_of(item, "VersionId");
  check_key(key);
  if (!access.allows(id.empty() ? "s3:DeleteObject" : "s3:DeleteObjectVersion", key, id)) throw access_denied();
  if (!id.empty() && !is_version_id(id)) throw no_such_version(key, id);
  const std::optional<Version> version = find_version(call, bucket.name, key, id);
  for (const std::string_view condition : {"LastModifiedTime", "Size"})  // of directory buckets only
    if (has(item, condition)) throw Error(kNotImplemented, "The condition {} is not implemented for this bucket.", condition);
  if (has(item, "ETag")) {
    if (!version) throw no_such_key(key);
    const std::string wanted = text_of(item, "ETag");
    if (wanted != version->object.quoted_etag() && wanted != version->object.etag) throw precondition_failed("If-Match");
  }
  const Deletion done = delete_one(call, bucket, key, version, id, budget);
  Json shown{{"Key", key}};
  if (!id.empty()) shown["VersionId"] = id;
  if (!done.marker.empty() || done.was_marker) {
    shown["DeleteMarker"] = true;
    shown["DeleteMarkerVersionId"] = done.was_marker ? id : done.marker;
  }
  return shown;
}

/// One journal entry takes them all, or as many as it can hold: the rest answer SlowDown, each by itself.
void delete_objects(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  check_bypass(call, bucket);
  require_checksum(call);
  const auto request = call.in.find("Delete");
  if (request == call.in.end() || !request->contains("Objects")) throw malformed_xml();
  const Json& objects = request->at("Objects");
  if (objects.empty() || objects.size() > kDeletesMax) throw malformed_xml();
  const bool names_versions = std::ranges::any_of(objects, [](const Json& item) { return !text_of(item, "VersionId").empty(); });
  if (versioning_of(call, bucket.name).asks_for_mfa() && (names_versions || has(call.in, "MFA"))) require_mfa(call, bucket);
  const bool quiet = flag_of(*request, "Quiet");

  Access access(call, bucket);
  Json deleted = Json::array(), errors = Json::array();
  size_t budget = kErasureBudgetBytes;
  for (const Json& item : objects) {
    try {
      Json shown = delete_listed(call, bucket, access, item, budget);
      if (!quiet) deleted.push_back(std::move(shown));
    } catch (const Error& error) {
      Json shown{{"Key", text_of(item, "Key")}};
      if (has(item, "VersionId")) shown["VersionId"] = text_of(item, "VersionId");
      shown["Code"] = std::string(error.kind.code);
      shown["Message"] = error.message;
      errors.push_back(std::move(shown));
    }
  }
  if (!deleted.empty()) call.out["Deleted"] = std::move(deleted);
  if (!errors.empty()) call.out["Errors"] = std::move(errors);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteObject", delete_object, api::Runs::kPool},
    {"DeleteObjects", delete_objects, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_delete_objects;
const api::Family s3_delete_objects{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

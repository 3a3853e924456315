#include "api/operation.h"
#include "services/s3/access.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/object.h"

/// DeleteObject and DeleteObjects. What is not there is deleted with success.
namespace cairn::s3 {
namespace {

constexpr size_t kDeletesMax = 1000;

void check_delete_headers(const Json& in) {
  if (flag_of(in, "BypassGovernanceRetention"))
    throw Error(kInvalidArgument, "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.")
        .with("ArgumentName", "x-amz-bypass-governance-retention");
}

/// S3 takes this list only with a checksum over it; that it fits was seen when the body came in.
void require_checksum(const api::Call& call) {
  for (const auto& [name, value] : call.http.headers)
    if (name == "content-md5" || name.starts_with("x-amz-checksum-") || name == "x-amz-trailer") return;
  throw Error(kInvalidRequest, "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
}

void delete_object(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call);
  check_delete_headers(call.in);
  check_version(text_of(call.in, "VersionId"));
  const std::optional<Object> object = find_object(call, bucket.name, key);
  check_delete_conditions(call, object ? std::optional(object->validators()) : std::nullopt);
  if (!object) return;
  size_t budget = kErasureBudgetBytes;
  if (!erase_object(call, bucket.name, key, *object, budget)) throw internal_error();
}

/// One journal entry takes them all, or as many as it can hold: the rest answer SlowDown, each by itself.
void delete_objects(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  check_delete_headers(call.in);
  require_checksum(call);
  const auto request = call.in.find("Delete");
  if (request == call.in.end() || !request->contains("Objects")) throw malformed_xml();
  const Json& objects = request->at("Objects");
  if (objects.empty() || objects.size() > kDeletesMax) throw malformed_xml();
  const bool quiet = flag_of(*request, "Quiet");

  Access access(call, bucket);
  Json deleted = Json::array(), errors = Json::array();
  size_t budget = kErasureBudgetBytes;
  for (const Json& item : objects) {
    const std::string key = text_of(item, "Key"), version = text_of(item, "VersionId");
    const auto fail = [&](std::string_view code, std::string_view message) {
      Json error{{"Key", key}};
      if (!version.empty()) error["VersionId"] = version;
      error["Code"] = std::string(code);
      error["Message"] = std::string(message);
      errors.push_back(std::move(error));
    };
    try {
      check_key(key);
    } catch (const Error& error) {
      fail(error.kind.code, error.message);
      continue;
    }
    if (!access.allows(version.empty() ? "s3:DeleteObject" : "s3:DeleteObjectVersion", key)) {
      fail("AccessDenied", "Access Denied");
      continue;
    }
    if (!version.empty() && version != "null") {
      fail("NoSuchVersion", "The specified version does not exist.");
      continue;
    }
    const std::optional<Object> object = find_object(call, bucket.name, key);
    if (has(item, "ETag") && (!object || (text_of(item, "ETag") != object->quoted_etag() && text_of(item, "ETag") != object->etag))) {
      fail(object ? "PreconditionFailed" : "NoSuchKey",
           object ? "At least one of the pre-conditions you specified did not hold" : "The specified key does not exist.");
      continue;
    }
    if (object && !erase_object(call, bucket.name, key, *object, budget)) {
      fail("SlowDown", "Please reduce your request rate.");
      continue;
    }
    if (quiet) continue;
    Json shown{{"Key", key}};
    if (!version.empty()) shown["VersionId"] = version;
    deleted.push_back(std::move(shown));
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

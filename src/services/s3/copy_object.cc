#include "api/operation.h"
#include "base/check.h"
#include "base/text.h"
#include "services/s3/access.h"
#include "services/s3/copy_source.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/lifecycle_rules.h"
#include "services/s3/notification.h"
#include "services/s3/object.h"
#include "services/s3/object_headers.h"
#include "services/s3/requested_acl.h"
#include "services/s3/versions.h"

/// CopyObject.
namespace cairn::s3 {
namespace {

enum class Directive { kCopy, kReplace };

Directive directive(const Json& in, std::string_view member, std::string_view header) {
  const std::string value = text_of(in, member);
  if (value.empty() || value == "COPY") return Directive::kCopy;
  if (value == "REPLACE") return Directive::kReplace;
  throw invalid_argument(member == "MetadataDirective" ? "Unknown metadata directive." : "Unknown tagging directive.", header, value);
}

/// The copy is an object of one piece, whatever the source was: its ETag is the MD5 of its bytes, its checksum over all of them.
/// Storage class, ACL and website redirect are not copied.
void copy_object(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call);
  check_write_headers(call.in);
  check_encryption_headers(call, bucket);
  const Directive metadata = directive(call.in, "MetadataDirective", "x-amz-metadata-directive");
  const Directive tagging = directive(call.in, "TaggingDirective", "x-amz-tagging-directive");
  const ChecksumAlgorithm* asked = has(call.in, "ChecksumAlgorithm") ? &checked_algorithm(text_of(call.in, "ChecksumAlgorithm")) : nullptr;

  const CopySource source = open_copy_source(call);
  const bool in_place = source.bucket == bucket.name && source.key == key && source.is_current;
  if (in_place && metadata == Directive::kCopy && !has(call.in, "StorageClass") && !has(call.in, "WebsiteRedirectLocation") &&
      !has(call.in, "ServerSideEncryption") && !has(call.in, "SSECustomerAlgorithm")) {
    throw Error(kInvalidRequest,
                "This copy request is illegal because it is trying to copy an object to itself without changing the object's "
                "metadata, storage class, website redirect location or encryption attributes.");
  }
  check_copy_size(source.object.size);
  const std::optional<Object> current = find_object(call, bucket.name, key);
  check_write_conditions(call, current ? std::optional(current->validators()) : std::nullopt);

  Object object;
  object.size = source.object.size;
  object.modified = call.now;
  if (metadata == Directive::kReplace) {
    take_headers(call, object);
  } else {
    object.headers = source.object.headers;
    std::erase_if(object.headers, [](const auto& header) { return header.first == "WebsiteRedirectLocation"; });
    if (has(call.in, "WebsiteRedirectLocation"))
      object.headers.emplace_back("WebsiteRedirectLocation", text_of(call.in, "WebsiteRedirectLocation"));
    object.metadata = source.object.metadata;
  }
  if (tagging == Directive::kReplace) take_tags(call.in, object);
  else object.tags = source.object.tags;
  if (tagging == Directive::kCopy && !object.tags.empty()) require_copying_tags(call, source.bucket, source.key, bucket, key);
  take_storage_class(call.in, object);
  object.lock = lock_asked_for(call, bucket, key);
  apply_default_retention(call, bucket.name, object.lock);
  take_acl(call, bucket, object);

  const ChecksumAlgorithm* kept = checksum_algorithm(source.object.checksum.algorithm);
  const ChecksumAlgorithm& algorithm = asked != nullptr ? *asked : kept != nullptr ? *kept : default_checksum();
  const Secret source_key = open_object_key(call, source.object.encryption, source.bucket, source.key, KeyOf::kCopySource);
  Encrypted encrypted = encrypt_object(call, bucket, key);
  object.encryption = std::move(encrypted.encryption);
  const Copied copied = copy_content(call, extents_of(call, source.bucket, source.key, source.object), {0, source.object.size}, source_key,
                                     algorithm, keys::object(bucket.name, key), {std::move(encrypted.key), place_of(bucket.name, key)});
  object.content = copied.content;
  object.etag = etag_of(call, object.encryption, copied.digests.md5);
  object.checksum = {std::string(algorithm.name), text::base64(copied.digests.checksum)};
  size_t budget = kErasureBudgetBytes;
  CHECK(add_version(call, bucket.name, key, object, current, budget));  // one object, of however many parts, always fits
  notify(call, bucket, written("ObjectCreated:Copy", key, object));

  Json result{{"LastModified", timestamps::iso8601_millis(std::chrono::floor<std::chrono::seconds>(object.modified))},
              {"ETag", object.quoted_etag()}};
  object.checksum.show(result);
  call.out["CopyObjectResult"] = std::move(result);
  if (!is_null_version(source.object.version)) call.out["CopySourceVersionId"] = version_id(source.object);
  show_new_version(call, bucket.name, object, true);
  show_expiration(call, bucket.name, key, object);
  show_encryption(call, object.encryption, Shows::kContext);
  record_encryption(call, object.encryption, encrypted.by_default);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CopyObject", copy_object, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_copy_object;
const api::Family s3_copy_object{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

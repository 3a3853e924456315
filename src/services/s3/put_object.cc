#include "api/operation.h"
#include "base/check.h"
#include "base/text.h"
#include "base/xml.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/lifecycle_rules.h"
#include "services/s3/notification.h"
#include "services/s3/object.h"
#include "services/s3/object_headers.h"
#include "services/s3/requested_acl.h"
#include "services/s3/versions.h"

/// PutObject, and PostObject, which is the same by another way in.
namespace cairn::s3 {
namespace {

/// Before the body is read: all that can be refused without it, but for KMS's refusals.
Bucket admit_put(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call);
  check_write_headers(call.in);
  check_encryption_headers(call, bucket);
  lock_asked_for(call, bucket, key);
  require_checksum_to_lock(call, bucket.name);
  check_acl(call, bucket);
  const uint64_t length = static_cast<uint64_t>(number_of(call.in, "ContentLength").value_or(0));
  if (length > kPutBytesMax) {
    throw Error(kEntityTooLarge, "Your proposed upload exceeds the maximum allowed size")
        .with("ProposedSize", std::to_string(length))
        .with("MaxSizeAllowed", std::to_string(kPutBytesMax));
  }
  return bucket;
}

void look_at_put(api::Call& call) { admit_put(call); }

void put_object(api::Call& call) {
  const Bucket opened = admit_put(call);
  const std::string bucket = opened.name, key = text_of(call.in, "Key");
  const std::optional<Object> current = find_object(call, bucket, key);
  check_write_conditions(call, current ? std::optional(current->validators()) : std::nullopt);

  Object object;
  object.size = call.payload.size;
  Encrypted encrypted = encrypt_object(call, opened, key);
  object.encryption = std::move(encrypted.encryption);
  object.etag = etag_of(call, object.encryption, call.payload.md5);
  object.modified = call.now;
  take_headers(call, object);
  take_tags(call.in, object);
  take_storage_class(call.in, object);
  object.lock = lock_asked_for(call, opened, key);
  apply_default_retention(call, bucket, object.lock);
  take_acl(call, opened, object);
  object.content = keep_payload(call, keys::object(bucket, key), {std::move(encrypted.key), place_of(bucket, key)});
  const ChecksumAlgorithm* sent = checksum_algorithm(call.payload.checksum_algorithm);
  const ChecksumAlgorithm& algorithm = sent != nullptr ? *sent : default_checksum();
  object.checksum = {std::string(algorithm.name), text::base64(payload_checksum(call, algorithm))};
  size_t budget = kErasureBudgetBytes;
  CHECK(add_version(call, bucket, key, object, current, budget));  // one object, of however many parts, always fits
  notify(call, opened, written(call.model->name == "PostObject" ? "ObjectCreated:Post" : "ObjectCreated:Put", key, object));

  call.out["ETag"] = object.quoted_etag();
  object.checksum.show(call.out);
  show_new_version(call, bucket, object);
  show_expiration(call, bucket, key, object);
  show_encryption(call, object.encryption, Shows::kContext);
  record_encryption(call, object.encryption, encrypted.by_default);
}

/// Where a browser goes from here: to the URL that the form names, with what became of its file. nullopt: it names none that could be.
std::optional<std::string> redirection(const api::Call& call) {
  std::string url = text_of(call.in, "success_action_redirect");
  if (url.empty()) url = text_of(call.in, "redirect");
  const bool is_web = url.starts_with("http://") || url.starts_with("https://");
  if (!is_web || std::ranges::any_of(url, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; })) return std::nullopt;
  const size_t end = std::min(url.find('#'), url.size());
  const std::string asked =
      fmt::format("{}bucket={}&key={}&etag={}", url.find('?') < end ? "&" : "?", text::percent_encode(text_of(call.in, "Bucket")),
                  text::percent_encode(text_of(call.in, "Key")), text::percent_encode(text_of(call.out, "ETag")));
  return url.insert(end, asked);
}

/// The object's URL, at the address that the form was sent to.
std::string location_of(const api::Call& call) {
  std::string_view path = call.http.path;  // that of the bucket
  if (path.ends_with('/')) path.remove_suffix(1);
  return fmt::format("http{}://{}{}/{}", call.tls ? "s" : "", call.host, path, text::percent_encode(text_of(call.in, "Key")));
}

/// PutObject by a browser's form.
void post_object(api::Call& call) {
  put_object(call);
  if (std::optional<std::string> url = redirection(call)) {
    call.reply.status = 303;
    call.reply.headers.emplace_back("Location", std::move(*url));
    return;
  }
  const std::string location = location_of(call);
  call.reply.headers.emplace_back("Location", location);
  const std::string status = text_of(call.in, "success_action_status");
  if (status == "200") call.reply.status = 200;
  if (status != "201") return;
  call.reply.status = 201;
  call.reply.headers.emplace_back("Content-Type", "application/xml");
  xml::Writer(call.reply.body.emplace())
      .declaration()
      .open("PostResponse")
      .element("Location", location)
      .element("Bucket", text_of(call.in, "Bucket"))
      .element("Key", text_of(call.in, "Key"))
      .element("ETag", text_of(call.out, "ETag"))
      .close("PostResponse");
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"PostObject", post_object, api::Runs::kPool, look_at_put},
    {"PutObject", put_object, api::Runs::kPool, look_at_put},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_put_object;
const api::Family s3_put_object{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

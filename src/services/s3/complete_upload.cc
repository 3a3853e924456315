#include <map>
#include <set>

#include "api/operation.h"
#include "base/crypto.h"
#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/lifecycle_rules.h"
#include "services/s3/notification.h"
#include "services/s3/object.h"
#include "services/s3/object_headers.h"
#include "services/s3/upload.h"
#include "services/s3/versions.h"

/// CompleteMultipartUpload: the parts become an object. No byte moves: the part documents stay, and the object names them.
namespace cairn::s3 {
namespace {

std::string unquoted(std::string etag) {
  std::erase(etag, '"');
  return etag;
}

void check_checksum_type(const Json& in, const Upload& upload) {
  const std::string type = text_of(in, "ChecksumType");
  const std::string_view own = upload.algorithm.empty() ? "null" : upload.composite ? "COMPOSITE" : "FULL_OBJECT";
  if (!type.empty() && type != own) {
    throw Error(kInvalidRequest, "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
                own);
  }
}

int part_number(const Json& named) { return static_cast<int>(number_of(named, "PartNumber").value_or(0)); }

void check_order(const Json& named_parts, const std::string& upload_id) {
  int last = 0;
  for (const Json& named : named_parts) {
    if (part_number(named) <= last) {
      throw Error(kInvalidPartOrder, "The list of parts was not in ascending order. Parts must be ordered by part number.")
          .with("UploadId", upload_id);
    }
    last = part_number(named);
  }
}

/// One `Part` of the request against the part that was uploaded.
void check_part(const Upload& upload, const Json& named, int number, const Part* part) {
  const std::string etag = unquoted(text_of(named, "ETag"));
  const auto refuse = [&] {
    return Error(kInvalidPart,
                 "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified "
                 "entity tag may not match the part's entity tag.")
        .with("UploadId", upload.id)
        .with("PartNumber", std::to_string(number))
        .with("ETag", etag);
  };
  if (part == nullptr || part->etag != etag) throw refuse();
  const ChecksumAlgorithm* given = given_checksum(named);
  if (given == nullptr) {
    if (!upload.composite) return;
    throw Error(
        kInvalidRequest,
        "The upload was created using a {} checksum. The complete request must include the checksum for each part. It was missing for "
        "part {} in the request.",
        upload.kept_algorithm().lower, number);
  }
  if (upload.algorithm.empty()) throw refuse();
  if (given != &upload.kept_algorithm())
    throw Error(kBadDigest, "The {} you specified for part {} did not match what we received.", given->lower, number);
  if (text_of(named, given->member) != part->checksum) throw refuse();
}

/// The checksum of an object under a client's key is a secret of that key, too.
void check_key(api::Call& call, const Bucket& bucket, const std::string& key, const Upload& upload) {
  const Encryption& encryption = upload.object.encryption;
  const bool needed = encryption.kind == Encryption::Kind::kCustomer && !upload.algorithm.empty();
  if (needed || names_customer_key(call.in, KeyOf::kObject)) open_upload_key(call, encryption, bucket.name, key);
}

void answer(api::Call& call, const Bucket& bucket, const std::string& key, const Object& object) {
  call.out["Location"] = fmt::format("{}://{}/{}/{}", call.tls ? "https" : "http", call.host, bucket.name, text::percent_encode(key));
  call.out["Bucket"] = bucket.name;
  call.out["Key"] = key;
  call.out["ETag"] = object.quoted_etag();
  object.checksum.show(call.out);
  show_new_version(call, bucket.name, object);
  show_expiration(call, bucket.name, key, object);
  if (object.encryption.kind != Encryption::Kind::kCustomer) show_encryption(call, object.encryption);
  record_encryption(call, object.encryption, object.encryption.kind == Encryption::Kind::kServer);
}

/// Asked again after success (an answer that got lost), it succeeds again while the object is still there.
void complete_multipart_upload(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call), id = text_of(call.in, "UploadId");
  const std::optional<Object> current = find_object(call, bucket.name, key);
  const std::optional<Upload> upload = find_upload(call, bucket.name, key, id);
  if (!upload) {
    if (!id.empty() && current && current->upload == id) return answer(call, bucket, key, *current);
    throw no_such_upload(id);
  }
  static const Json kNone = Json::array();
  const auto request = call.in.find("MultipartUpload");
  const Json& named_parts = request != call.in.end() && request->contains("Parts") ? request->at("Parts") : kNone;
  if (named_parts.empty()) throw Error(kInvalidRequest, "You must specify at least one part");
  check_key(call, bucket, key, *upload);
  check_checksum_type(call.in, *upload);
  check_order(named_parts, upload->id);

  std::map<int, Part> parts;
  for (auto& [number, part] : list_parts(call, upload->id, 0, SIZE_MAX)) parts.emplace(number, std::move(part));

  Object object = upload->object;
  object.modified = call.now;
  apply_default_retention(call, bucket.name, object.lock);
  object.upload = upload->id;
  object.parts = static_cast<int>(named_parts.size());
  std::string md5s;
  std::set<int> used;
  PartsChecksum checksum(upload->kept_algorithm(), upload->composite);
  for (const Json& named : named_parts) {
    const int number = part_number(named);
    const auto found = parts.find(number);
    check_part(*upload, named, number, found == parts.end() ? nullptr : &found->second);
    const Part& part = found->second;
    if (part.size < kPartBytesMin && used.size() + 1 < named_parts.size()) {
      throw Error(kEntityTooSmall, "Your proposed upload is smaller than the minimum allowed size")
          .with("ProposedSize", std::to_string(part.size))
          .with("MinSizeAllowed", std::to_string(kPartBytesMin))
          .with("PartNumber", std::to_string(number))
          .with("ETag", part.etag);
    }
    used.insert(number);
    object.size += part.size;
    md5s += text::from_hex(part.etag).value_or("");
    checksum.add(text::from_base64(part.checksum).value_or(""), part.size);
  }
  if (const std::optional<int64_t> size = number_of(call.in, "MpuObjectSize"); size && static_cast<uint64_t>(*size) != object.size) {
    throw Error(kInvalidRequest, "The provided 'x-amz-mp-object-size' header value {} does not match what was computed: {}", *size,
                object.size);
  }
  object.etag = fmt::format("{}-{}", text::hex(crypto::md5(md5s)), used.size());
  object.checksum = checksum.finish();
  if (const ChecksumAlgorithm* given = given_checksum(call.in); given != nullptr) {
    const std::string value = text_of(call.in, given->member), with_count = fmt::format("{}-{}", value, used.size());
    if (given != &upload->kept_algorithm() ||
        (value != object.checksum.value && !(object.checksum.composite && with_count == object.checksum.value)))
      throw Error(kBadDigest, "The {} you specified did not match the calculated checksum.", given->lower);
  }
  check_write_conditions(call, current ? std::optional(current->validators()) : std::nullopt);

  size_t budget = kErasureBudgetBytes;
  if (!add_version(call, bucket.name, key, object, current, budget)) throw internal_error();
  for (const auto& [number, part] : parts) {
    if (used.contains(number)) continue;
    const size_t cost = keys::part(upload->id, number).size() + kChangeOverheadBytes + erasure_bytes(part.content);
    if (cost > budget) throw Error(kSlowDown, "The object that this upload replaces has too many parts to go at once: delete it first.");
    budget -= cost;
    erase_content(call, part.content);
    call.state->erase(keys::part(upload->id, number));
  }
  call.state->erase(keys::upload(bucket.name, key, upload->id));
  notify(call, bucket, written("ObjectCreated:CompleteMultipartUpload", key, object));
  answer(call, bucket, key, object);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CompleteMultipartUpload", complete_multipart_upload, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_complete_upload;
const api::Family s3_complete_upload{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

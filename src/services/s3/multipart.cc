#include "api/operation.h"
#include "base/text.h"
#include "services/s3/copy_source.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/object.h"
#include "services/s3/object_headers.h"
#include "services/s3/requested_acl.h"
#include "services/s3/upload.h"

/// Multipart uploads: begun, filled part by part, aborted. Completing has a file of its own.
namespace cairn::s3 {
namespace {

void check_part_number(const Json& in) {
  const int64_t number = number_of(in, "PartNumber").value_or(0);
  if (number >= 1 && number <= kPartNumberMax) return;
  throw invalid_argument(fmt::format("Part number must be an integer between 1 and {}, inclusive", kPartNumberMax), "partNumber",
                         std::to_string(number));
}

void choose_checksum(const Json& in, Upload& upload) {
  const std::string type = text_of(in, "ChecksumType");
  if (!has(in, "ChecksumAlgorithm")) {
    if (!type.empty())
      throw Error(kInvalidRequest, "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
    return;
  }
  const ChecksumAlgorithm& algorithm = checked_algorithm(text_of(in, "ChecksumAlgorithm"));
  upload.algorithm = std::string(algorithm.name);
  upload.composite = type.empty() ? algorithm.composite : type == "COMPOSITE";
  if (upload.composite ? !algorithm.composite : !algorithm.whole) {
    throw Error(kInvalidRequest, "The {} checksum type cannot be used with the {} checksum algorithm.",
                upload.composite ? "COMPOSITE" : "FULL_OBJECT", algorithm.lower);
  }
}

void create_multipart_upload(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call);
  check_write_headers(call.in);
  const Encrypted encrypted = encrypt_object(call, bucket, key);
  Upload upload;
  upload.object.encryption = encrypted.encryption;
  upload.id = new_upload_id(call);
  upload.created = call.now;
  // Users and roles are shown by their ARN, an account's root by its canonical id.
  const bool is_root = call.principal.kind == aws::Principal::Kind::kRoot || call.principal.arn.empty();
  upload.initiator_id = is_root ? owner_id(call.account) : call.principal.arn;
  upload.initiator_name = call.principal.user_name;
  choose_checksum(call.in, upload);
  take_headers(call, upload.object);
  take_tags(call.in, upload.object);
  take_storage_class(call.in, upload.object);
  upload.object.lock = lock_asked_for(call, bucket, key);
  take_acl(call, bucket, upload.object);
  call.state->put(keys::upload(bucket.name, key, upload.id), encode(upload));

  call.out["Bucket"] = bucket.name;
  call.out["Key"] = key;
  call.out["UploadId"] = upload.id;
  upload.show_checksum(call.out);
  show_encryption(call, encrypted.encryption, Shows::kContext);
  record_encryption(call, encrypted.encryption, encrypted.by_default);
}

/// Puts a part in the place of one with its number.
void replace_part(api::Call& call, const Upload& upload, int number, const Part& part) {
  const std::string document = keys::part(upload.id, number);
  if (const std::optional<std::string> current = call.state->get(document)) erase_content(call, decode_part(*current).content);
  call.state->put(document, encode(part));
}

void show_part_encryption(api::Call& call, const Upload& upload) {
  show_encryption(call, upload.object.encryption);
  record_encryption(call, upload.object.encryption, upload.object.encryption.kind == Encryption::Kind::kServer);
}

void admit_part(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call);
  check_part_number(call.in);
  check_write_headers(call.in);
  open_upload(call, bucket.name, key);
  const uint64_t length = static_cast<uint64_t>(number_of(call.in, "ContentLength").value_or(0));
  if (length > kPutBytesMax) {
    throw Error(kEntityTooLarge, "Your proposed upload exceeds the maximum allowed size")
        .with("ProposedSize", std::to_string(length))
        .with("MaxSizeAllowed", std::to_string(kPutBytesMax));
  }
}

void upload_part(api::Call& call) {
  admit_part(call);
  const std::string bucket = text_of(call.in, "Bucket"), key = text_of(call.in, "Key");
  const Upload upload = open_upload(call, bucket, key);
  const int number = static_cast<int>(*number_of(call.in, "PartNumber"));
  const ChecksumAlgorithm* sent = checksum_algorithm(call.payload.checksum_algorithm);
  const ChecksumAlgorithm& kept = upload.kept_algorithm();
  if (sent != nullptr && !upload.algorithm.empty() && sent != &kept) {
    throw Error(kInvalidRequest, "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}", kept.lower,
                sent->lower);
  }
  Part part;
  part.size = call.payload.size;
  part.etag = etag_of(call, upload.object.encryption, call.payload.md5);
  part.modified = call.now;
  const Lock lock{open_upload_key(call, upload.object.encryption, bucket, key), place_of(bucket, key, upload.id, number)};
  part.content = keep_payload(call, keys::part(upload.id, number), lock);
  part.checksum = text::base64(payload_checksum(call, kept));
  replace_part(call, upload, number, part);

  call.out["ETag"] = "\"" + part.etag + "\"";
  if (sent != nullptr) Checksum{std::string(sent->name), call.payload.checksum}.show_value(call.out);
  else if (!upload.algorithm.empty()) Checksum{upload.algorithm, part.checksum}.show_value(call.out);
  show_part_encryption(call, upload);
}

void upload_part_copy(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call);
  check_part_number(call.in);
  check_write_headers(call.in);
  const Upload upload = open_upload(call, bucket.name, key);
  const int number = static_cast<int>(*number_of(call.in, "PartNumber"));
  const CopySource source = open_copy_source(call);
  const std::string range_header = text_of(call.in, "CopySourceRange");
  const Range range = range_header.empty() ? Range{0, source.object.size} : parse_copy_range(range_header, source.object.size);
  check_copy_size(range.length);

  const Secret source_key = open_object_key(call, source.object.encryption, source.bucket, source.key, KeyOf::kCopySource);
  const Encryption& encryption = upload.object.encryption;
  const Lock lock{open_upload_key(call, encryption, bucket.name, key), place_of(bucket.name, key, upload.id, number)};
  const Copied copied = copy_content(call, extents_of(call, source.bucket, source.key, source.object), range, source_key,
                                     upload.kept_algorithm(), keys::part(upload.id, number), lock);
  Part part;
  part.size = range.length;
  part.etag = etag_of(call, encryption, copied.digests.md5);
  part.modified = call.now;
  part.content = copied.content;
  part.checksum = text::base64(copied.digests.checksum);
  replace_part(call, upload, number, part);

  Json result{{"LastModified", timestamps::iso8601_millis(std::chrono::floor<std::chrono::seconds>(part.modified))},
              {"ETag", "\"" + part.etag + "\""}};
  if (!upload.algorithm.empty()) Checksum{upload.algorithm, part.checksum}.show_value(result);
  call.out["CopyPartResult"] = std::move(result);
  show_part_encryption(call, upload);
}

void abort_multipart_upload(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call);
  const Upload upload = open_upload(call, bucket.name, key);
  size_t budget = kErasureBudgetBytes;
  if (!erase_parts(call, upload.id, budget)) throw internal_error();
  call.state->erase(keys::upload(bucket.name, key, upload.id));
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"AbortMultipartUpload", abort_multipart_upload, api::Runs::kPool},
    {"CreateMultipartUpload", create_multipart_upload},
    {"UploadPart", upload_part, api::Runs::kPool, admit_part},
    {"UploadPartCopy", upload_part_copy, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_multipart;
const api::Family s3_multipart{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

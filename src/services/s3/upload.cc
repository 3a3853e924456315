#include "services/s3/upload.h"

#include "api/ports.h"
#include "base/check.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"

namespace cairn::s3 {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";  // in ASCII order
constexpr size_t kTimeDigits = 8, kRandomDigits = 14;

}  // namespace

const ChecksumAlgorithm& Upload::kept_algorithm() const {
  const ChecksumAlgorithm* asked = checksum_algorithm(algorithm);
  return asked != nullptr ? *asked : default_checksum();
}

bool Upload::was_begun_by(const aws::AccountId& account) const {
  return initiator_id == owner_id(account) || initiator_id.find(fmt::format("::{}:", account.str())) != std::string::npos;
}

void Upload::show_checksum(Json& out) const {
  if (algorithm.empty()) return;
  out["ChecksumAlgorithm"] = algorithm;
  out["ChecksumType"] = composite ? "COMPOSITE" : "FULL_OBJECT";
}

std::string encode(const Upload& upload) {
  Json document;
  document["created"] = upload.created.time_since_epoch().count();
  document["initiator"] = upload.initiator_id;
  if (!upload.initiator_name.empty()) document["initiatorName"] = upload.initiator_name;
  if (!upload.algorithm.empty()) document["algorithm"] = upload.algorithm;
  if (upload.composite) document["composite"] = true;
  document["object"] = encode(upload.object);
  return json::dump(document);
}

Upload decode_upload(std::string_view id, std::string_view text) {
  const Result<Json> document = json::parse(text);
  CHECK(document.has_value());
  Upload upload;
  upload.id = std::string(id);
  upload.created = Time(std::chrono::milliseconds(number_of(*document, "created").value_or(0)));
  upload.initiator_id = text_of(*document, "initiator");
  upload.initiator_name = text_of(*document, "initiatorName");
  upload.algorithm = text_of(*document, "algorithm");
  upload.composite = flag_of(*document, "composite");
  upload.object = decode_object(text_of(*document, "object"));
  return upload;
}

std::string new_upload_id(const api::Call& call) {
  std::string id(kTimeDigits, '0');
  auto time = static_cast<uint64_t>(call.now.time_since_epoch().count());
  for (size_t i = kTimeDigits; i-- > 0; time /= kDigits.size()) id[i] = kDigits[time % kDigits.size()];
  return id + call.ports->random->letters(kRandomDigits, kDigits.data());
}

std::optional<Upload> find_upload(api::Call& call, std::string_view bucket, std::string_view key, std::string_view id) {
  if (id.empty() || id.find_first_not_of(kDigits) != std::string_view::npos) return std::nullopt;
  const std::optional<std::string> document = call.state->get(keys::upload(bucket, key, id));
  if (!document) return std::nullopt;
  return decode_upload(id, *document);
}

Error no_such_upload(std::string_view id) {
  return Error(kNoSuchUpload,
               "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
      .with("UploadId", std::string(id));
}

Upload open_upload(api::Call& call, std::string_view bucket, std::string_view key) {
  const std::string id = text_of(call.in, "UploadId");
  std::optional<Upload> upload = find_upload(call, bucket, key, id);
  if (!upload) throw no_such_upload(id);
  return std::move(*upload);
}

}  // namespace cairn::s3

#include "api/operation.h"
#include "base/text.h"
#include "services/s3/bucket.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/scan.h"
#include "services/s3/upload.h"

/// ListParts and ListMultipartUploads: what is on its way.
namespace cairn::s3 {
namespace {

constexpr int64_t kPageMax = 1000;

std::string listed_time(Time t) { return timestamps::iso8601_millis(std::chrono::floor<std::chrono::seconds>(t)); }

Json initiator(const Upload& upload) {
  Json shown{{"ID", upload.initiator_id}};
  if (!upload.initiator_name.empty()) shown["DisplayName"] = upload.initiator_name;
  return shown;
}

int64_t page_size(const Json& in, std::string_view member, std::string_view argument) {
  const int64_t asked = number_of(in, member).value_or(kPageMax);
  if (asked < 0 || asked > INT32_MAX)
    throw invalid_argument(fmt::format("Argument {} must be an integer between 0 and 2147483647", argument), argument,
                           std::to_string(asked));
  return std::min(asked, kPageMax);
}

void list_parts_of_upload(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call);
  const Upload upload = open_upload(call, bucket.name, key);
  const int64_t limit = page_size(call.in, "MaxParts", "max-parts");
  int64_t marker = number_of(call.in, "PartNumberMarker").value_or(0);
  if (const std::string text = text_of(call.in, "PartNumberMarker"); !text.empty()) marker = text::to_int(text).value_or(0);

  auto parts = list_parts(call, upload.id, static_cast<int>(std::min<int64_t>(marker, kPartNumberMax)), static_cast<size_t>(limit) + 1);
  const bool truncated = static_cast<int64_t>(parts.size()) > limit;
  if (truncated) parts.resize(static_cast<size_t>(limit));

  call.out["Bucket"] = bucket.name;
  call.out["Key"] = key;
  call.out["UploadId"] = upload.id;
  call.out["PartNumberMarker"] = marker;
  call.out["NextPartNumberMarker"] = parts.empty() ? 0 : parts.back().first;
  call.out["MaxParts"] = limit;
  call.out["IsTruncated"] = truncated;
  Json list = Json::array();
  for (const auto& [number, part] : parts) {
    Json shown{
        {"PartNumber", number}, {"LastModified", listed_time(part.modified)}, {"ETag", "\"" + part.etag + "\""}, {"Size", part.size}};
    if (!upload.algorithm.empty()) Checksum{upload.algorithm, part.checksum}.show_value(shown);
    list.push_back(std::move(shown));
  }
  if (!list.empty()) call.out["Parts"] = std::move(list);
  call.out["Initiator"] = initiator(upload);
  call.out["Owner"] = {{"ID", upload.object.owner_id(bucket)}};
  call.out["StorageClass"] = upload.object.storage_class;
  upload.show_checksum(call.out);
}

void list_multipart_uploads(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string encoding = text_of(call.in, "EncodingType");
  if (!encoding.empty() && encoding != "url")
    throw invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", encoding);
  const auto encoded = [&](std::string_view name) {
    return encoding.empty() ? std::string(name) : text::percent_encode(name, text::Slash::kKeep);
  };
  const std::string key_marker = text_of(call.in, "KeyMarker"), id_marker = text_of(call.in, "UploadIdMarker");
  Scan scan;
  scan.prefix = text_of(call.in, "Prefix");
  scan.delimiter = text_of(call.in, "Delimiter");
  scan.limit = static_cast<size_t>(page_size(call.in, "MaxUploads", "max-uploads"));
  scan.name_end = keys::kUploadSeparator;
  if (!key_marker.empty())  // without an id: behind all uploads of that key
    scan.after = key_marker + keys::kUploadSeparator + (id_marker.empty() ? std::string(keys::kAfterAll) : id_marker);
  const Scanned found = scan_keys(call, keys::upload_prefix(bucket.name), scan);

  Json uploads = Json::array();
  std::string next_key = found.last, next_id;
  for (const auto& [name, document] : found.items) {
    const size_t separator = name.rfind(keys::kUploadSeparator);
    const std::string key = name.substr(0, separator);
    const Upload upload = decode_upload(std::string_view(name).substr(separator + 1), document);
    Json shown{{"UploadId", upload.id},
               {"Key", encoded(key)},
               {"Initiated", listed_time(upload.created)},
               {"StorageClass", upload.object.storage_class},
               {"Owner", {{"ID", upload.object.owner_id(bucket)}}},
               {"Initiator", initiator(upload)}};
    upload.show_checksum(shown);
    uploads.push_back(std::move(shown));
    if (name != found.last) continue;
    next_key = key;
    next_id = upload.id;
  }
  call.out["Bucket"] = bucket.name;
  call.out["KeyMarker"] = encoded(key_marker);
  call.out["UploadIdMarker"] = id_marker;
  call.out["NextKeyMarker"] = encoded(next_key);
  call.out["NextUploadIdMarker"] = next_id;
  if (!scan.prefix.empty()) call.out["Prefix"] = encoded(scan.prefix);
  if (!scan.delimiter.empty()) call.out["Delimiter"] = encoded(scan.delimiter);
  if (!encoding.empty()) call.out["EncodingType"] = encoding;
  call.out["MaxUploads"] = scan.limit;
  call.out["IsTruncated"] = found.truncated;
  if (!uploads.empty()) call.out["Uploads"] = std::move(uploads);
  if (found.prefixes.empty()) return;
  Json prefixes = Json::array();
  for (const std::string& prefix : found.prefixes) prefixes.push_back({{"Prefix", encoded(prefix)}});
  call.out["CommonPrefixes"] = std::move(prefixes);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListMultipartUploads", list_multipart_uploads, api::Runs::kPool},
    {"ListParts", list_parts_of_upload, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_list_uploads;
const api::Family s3_list_uploads{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "services/s3/errors.h"
#include "services/s3/object.h"

namespace cairn::s3 {

constexpr int kPartNumberMax = 10'000;
constexpr uint64_t kPartBytesMin = 5 << 20;  // of every part but the last

/// A multipart upload that was begun and neither completed nor aborted.
struct Upload {
  std::string id;
  Time created;
  std::string initiator_id, initiator_name;  // as S3 shows who began it
  std::string algorithm;                     // asked for; "": none, and CRC64NVME is kept unseen
  bool composite = false;
  Object object;  // headers, metadata, tags and class of what it will become

  const ChecksumAlgorithm& kept_algorithm() const;
  bool was_begun_by(const aws::AccountId& account) const;
  void show_checksum(Json& out) const;  // ChecksumAlgorithm and ChecksumType, if one was asked for
};

std::string encode(const Upload& upload);
Upload decode_upload(std::string_view id, std::string_view document);

/// Ids sort by the time they were made at.
std::string new_upload_id(const api::Call& call);
std::optional<Upload> find_upload(api::Call& call, std::string_view bucket, std::string_view key, std::string_view id);
Error no_such_upload(std::string_view id);
/// The upload in call.in (Bucket, Key, UploadId); throws NoSuchUpload.
Upload open_upload(api::Call& call, std::string_view bucket, std::string_view key);

}  // namespace cairn::s3

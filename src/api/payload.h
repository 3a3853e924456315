#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/id.h"
#include "blob/store.h"

namespace cairn::api {

constexpr size_t kInlineBytesMax = 64 << 10;  // object bytes up to here ride in the journal entry; larger ones become blobs

/// A streamed request body after it was received in full, its length, signature and checksums verified.
/// Small: `bytes`. Large: `blob`, sealed with `key` (blob/sealed.h), synced on disk, and removed again unless a commit names it (see
/// keep()).
struct Payload {
  uint64_t size = 0;
  std::string bytes;
  std::optional<blob::BlobId> blob;
  Secret key;                      // of the blob
  std::string md5;                 // 16 raw bytes
  std::string checksum_algorithm;  // "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"; "" if the client sent none
  std::string checksum;            // base64, as sent and verified
  std::string crc64nvme;           // 8 raw bytes, if the client sent none: what S3 keeps then
};

}  // namespace cairn::api

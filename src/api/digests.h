#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/payload.h"
#include "aws/error.h"
#include "base/crypto.h"
#include "http/server.h"

namespace cairn::api {

/// What a request's x-amz-checksum-* headers are about. CompleteMultipartUpload's are not about its body: they are not looked at here.
enum class ChecksumOf { kBody, kObject };

/// What a client says its body hashes to (Content-MD5, x-amz-content-sha256, one x-amz-checksum-* as header or trailer), and what
/// it really does. Throws aws::Error with S3's codes: InvalidDigest and InvalidRequest for a value that can be none, BadDigest and
/// XAmzContentSHA256Mismatch for one that is not the body's.
class Digests {
 public:
  explicit Digests(const http::Head& head, ChecksumOf checksum = ChecksumOf::kBody);

  void update(std::string_view data);
  /// The body is complete: compares, and fills in the payload's md5 and checksum (crc64nvme, if the client sent none). `trailers`:
  /// lower-case names. Once.
  void finish(const std::vector<std::pair<std::string, std::string>>& trailers, Payload& payload);

 private:
  struct Kind;  // one of the checksums S3 knows
  static const Kind* kind(std::string_view header);

  void read_checksum(const http::Head& head);
  void check_named_algorithm(const http::Head& head) const;
  std::string trailing_value(const std::vector<std::pair<std::string, std::string>>& trailers) const;

  std::optional<std::string> declared_md5_;  // raw
  std::string declared_sha256_;              // hex, as sent; "": none
  const Kind* kind_ = nullptr;               // null: the client sends no checksum
  std::string declared_checksum_;            // base64; "": it is in the trailer
  std::optional<crypto::Hasher> checksum_, sha256_;
  crypto::Hasher md5_{crypto::Algorithm::kMd5};
};

}  // namespace cairn::api

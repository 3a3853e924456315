#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/names.h"
#include "base/result.h"
#include "base/time.h"

/// A digest file: what was delivered in an hour, chained to the digest before. docs/formats/archive.md.
namespace cairn::archive {

struct DigestedFile {
  std::string bucket, key;
  std::string sha256;   // hex, of the uncompressed bytes
  Time oldest, newest;  // eventTime
};

struct Digest {
  aws::AccountId account;
  Time start, end;  // whole seconds
  std::string bucket, key;
  std::string fingerprint;  // of the public key: MD5 in hex of its DER
  struct Previous {
    std::string bucket, key;
    std::string sha256;     // hex, of the uncompressed digest
    std::string signature;  // hex
  };
  std::optional<Previous> previous;  // none: a chain begins
  std::vector<DigestedFile> files;
};

/// The digest's JSON, members in AWS's order.
std::string encode(const Digest& digest);
Result<Digest> parse_digest(std::string_view json);
/// What is signed: end \n bucket/key \n hex SHA-256 of the JSON \n previous signature or "null".
std::string text_to_sign(const Digest& digest, std::string_view json);
std::string text_to_sign_by_hash(const Digest& digest, std::string_view sha256_hex);

std::string fingerprint(std::string_view public_der);

/// Names of the object's metadata (x-amz-meta-…).
constexpr std::string_view kSignature = "signature";
constexpr std::string_view kSignatureAlgorithm = "signature-algorithm";
constexpr std::string_view kSha256WithRsa = "SHA256withRSA";
/// Of backfill digests only: when it was made, as 2026-01-02T03:04:05Z.
constexpr std::string_view kBackfillGenerated = "backfill-generation-timestamp";

}  // namespace cairn::archive

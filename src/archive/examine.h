#pragma once
#include <optional>
#include <string>

#include "archive/digest_file.h"
#include "archive/object_names.h"
#include "archive/verify.h"

/// One object of a chain, read and judged by itself. Any thread.
namespace cairn::archive {

constexpr size_t kDigestRawBytesMax = 32 << 20;  // some 80,000 log files in one period

struct ExaminedDigest {
  std::string bucket, key;
  ParsedKey name;
  std::optional<Finding> trouble;  // why there is no `digest`
  Digest digest;
  std::string sha256;  // hex, of the JSON; "" if it was not got at
  /// By the object's metadata. kNone: the source keeps no metadata.
  enum class Signature { kGood, kWrong, kUnknownKey, kMissing, kNone } signature = Signature::kNone;
  std::string signature_hex;  // as in the metadata
};

ExaminedDigest examine_digest(Objects& objects, const PublicKeys& keys, std::string bucket, std::string key, ParsedKey name);

/// Whether `signature` (hex) is one of this digest, whose JSON has this hash, by the key that it names.
ExaminedDigest::Signature check_signature(const PublicKeys& keys, const Digest& digest, std::string_view sha256,
                                          std::string_view signature);

struct ExaminedFile {
  std::optional<Finding> trouble;
  uint64_t raw_bytes = 0;
};
ExaminedFile examine_file(Objects& objects, const DigestedFile& file);

}  // namespace cairn::archive

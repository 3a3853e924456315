#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/json.h"

namespace cairn::s3 {

/// One of the five checksums that S3 keeps with an object.
struct ChecksumAlgorithm {
  std::string_view name;    // CRC32: the header's and the model's word
  std::string_view member;  // ChecksumCRC32
  std::string_view lower;   // crc32: S3's word in messages
  crypto::Algorithm hash;
  bool whole;      // a multipart object's can be told from its parts' (FULL_OBJECT)
  bool composite;  // ... or be a checksum over them (COMPOSITE)
};

const ChecksumAlgorithm* checksum_algorithm(std::string_view name);  // null: S3 knows no such
const ChecksumAlgorithm& default_checksum();                         // CRC64NVME, where the client asks for none
/// The first Checksum… member that is set in `in`; null: none.
const ChecksumAlgorithm* given_checksum(const Json& in);
/// Throws InvalidRequest for an algorithm S3 does not know.
const ChecksumAlgorithm& checked_algorithm(std::string_view name);

/// A stored checksum.
struct Checksum {
  std::string algorithm;  // "": none
  std::string value;      // base64; composite ones end in -N
  bool composite = false;

  std::string_view type() const { return composite ? "COMPOSITE" : "FULL_OBJECT"; }
  /// Adds ChecksumX and, if wanted, ChecksumType to an answer.
  void show(Json& out) const;
  void show_value(Json& out) const;
};

/// The CRC of A followed by B, from theirs and the length of B. Raw big-endian bytes, as crypto::Hasher gives them.
std::string combine_crc(const ChecksumAlgorithm& algorithm, std::string_view a, std::string_view b, uint64_t b_bytes);

/// Runs over a multipart object's parts in order.
class PartsChecksum {
 public:
  PartsChecksum(const ChecksumAlgorithm& algorithm, bool composite);
  void add(std::string_view raw, uint64_t part_bytes);
  Checksum finish();

 private:
  const ChecksumAlgorithm& algorithm_;
  bool composite_;
  std::string value_;  // whole: so far; composite: the parts', joined
  int parts_ = 0;
};

}  // namespace cairn::s3

#include "api/digests.h"

#include <array>

#include "api/refusals.h"
#include "base/text.h"

namespace cairn::api {
namespace {

using aws::Error;
using aws::ErrorKind;

constexpr ErrorKind kBadDigest{.code = "BadDigest", .status = 400};
constexpr ErrorKind kInvalidDigest{.code = "InvalidDigest", .status = 400};
constexpr ErrorKind kInvalidRequest{.code = "InvalidRequest", .status = 400};
constexpr ErrorKind kMalformedTrailer{.code = "MalformedTrailerError", .status = 400};

constexpr size_t kMd5Bytes = 16;
constexpr size_t kSha256HexBytes = 64;

bool is_bytes(std::string_view base64, size_t bytes) {
  const std::optional<std::string> raw = text::from_base64(base64);
  return raw && raw->size() == bytes;
}

Error malformed_trailer() {
  return Error(kMalformedTrailer,
               "The request contained trailing data that was not well-formed or did not conform to our published schema.");
}

}  // namespace

struct Digests::Kind {
  std::string_view header, name;
  crypto::Algorithm algorithm;
  size_t bytes;
};

const Digests::Kind* Digests::kind(std::string_view header) {
  static constexpr auto kKinds = std::to_array<Kind>({
      {"x-amz-checksum-crc32", "CRC32", crypto::Algorithm::kCrc32, 4},
      {"x-amz-checksum-crc32c", "CRC32C", crypto::Algorithm::kCrc32c, 4},
      {"x-amz-checksum-crc64nvme", "CRC64NVME", crypto::Algorithm::kCrc64Nvme, 8},
      {"x-amz-checksum-sha1", "SHA1", crypto::Algorithm::kSha1, 20},
      {"x-amz-checksum-sha256", "SHA256", crypto::Algorithm::kSha256, 32},
  });
  for (const Kind& kind : kKinds)
    if (text::equals_ignoring_case(kind.header, header)) return &kind;
  return nullptr;
}

Digests::Digests(const http::Head& head, ChecksumOf checksum) {
  if (const auto md5 = head.header("content-md5")) {
    declared_md5_ = text::from_base64(*md5);
    if (!declared_md5_ || declared_md5_->size() != kMd5Bytes)
      throw detailed(Error(kInvalidDigest, "The Content-MD5 you specified was invalid."), {{"Content-MD5", std::string(*md5)}});
  }
  if (const auto hash = head.header("x-amz-content-sha256"); hash && hash->size() == kSha256HexBytes) {
    declared_sha256_ = *hash;
    sha256_.emplace(crypto::Algorithm::kSha256);
  }
  if (checksum == ChecksumOf::kObject) return;
  read_checksum(head);
  check_named_algorithm(head);
  checksum_.emplace(kind_ != nullptr ? kind_->algorithm : crypto::Algorithm::kCrc64Nvme);
}

void Digests::read_checksum(const http::Head& head) {
  const auto one_only = [this] {
    if (kind_ != nullptr)
      throw Error(kInvalidRequest, "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  };
  for (const http::Header& header : head.headers) {
    if (const Kind* sent = kind(header.name)) {
      one_only();
      kind_ = sent;
      declared_checksum_ = header.value;
      if (!is_bytes(header.value, sent->bytes)) throw Error(kInvalidRequest, "Value for {} header is invalid.", sent->header);
    }
  }
  const auto trailer = head.header("x-amz-trailer");
  if (!trailer) return;
  const Kind* promised = kind(text::trim(*trailer));
  if (promised == nullptr) throw Error(kInvalidRequest, "The value specified in the x-amz-trailer header is not supported");
  one_only();
  kind_ = promised;
}

void Digests::check_named_algorithm(const http::Head& head) const {
  const auto named = head.header("x-amz-sdk-checksum-algorithm");
  if (!named) return;
  const Kind* asked = kind("x-amz-checksum-" + std::string(*named));
  if (asked == nullptr)
    throw Error(kInvalidRequest,
                "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, "
                "SHA1, SHA256]");
  if (kind_ == nullptr)
    throw Error(kInvalidRequest,
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.");
  if (kind_ != asked) throw Error(kInvalidRequest, "Value for x-amz-sdk-checksum-algorithm header is invalid.");
}

void Digests::update(std::string_view data) {
  md5_.update(data);
  if (sha256_) sha256_->update(data);
  if (checksum_) checksum_->update(data);
}

std::string Digests::trailing_value(const std::vector<std::pair<std::string, std::string>>& trailers) const {
  if (trailers.size() != 1 || trailers[0].first != kind_->header) throw malformed_trailer();
  if (!is_bytes(trailers[0].second, kind_->bytes)) throw Error(kInvalidRequest, "Value for {} trailing header is invalid.", kind_->header);
  return trailers[0].second;
}

void Digests::finish(const std::vector<std::pair<std::string, std::string>>& trailers, Payload& payload) {
  if (sha256_) {
    const std::string computed = text::hex(sha256_->finish());
    if (!text::equals_ignoring_case(computed, declared_sha256_)) throw content_hash_mismatch(declared_sha256_, computed);
  }
  payload.md5 = md5_.finish();
  if (declared_md5_ && *declared_md5_ != payload.md5) {
    throw detailed(Error(kBadDigest, "The Content-MD5 you specified did not match what we received."),
                   {{"ExpectedDigest", text::hex(*declared_md5_)}, {"CalculatedDigest", text::base64(payload.md5)}});
  }
  if (kind_ == nullptr || !declared_checksum_.empty()) {
    if (!trailers.empty()) throw malformed_trailer();
    if (kind_ == nullptr) {
      if (checksum_) payload.crc64nvme = checksum_->finish();
      return;
    }
  } else {
    declared_checksum_ = trailing_value(trailers);
  }
  if (text::base64(checksum_->finish()) != declared_checksum_)
    throw Error(kBadDigest, "The {} you specified did not match the calculated checksum.", kind_->name);
  payload.checksum_algorithm = kind_->name;
  payload.checksum = declared_checksum_;
}

}  // namespace cairn::api

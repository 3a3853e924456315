#include "archive/examine.h"

#include "archive/log_file.h"
#include "base/crypto.h"
#include "base/rsa.h"
#include "base/text.h"

namespace cairn::archive {
namespace {

Kind kind_of(const ReadFailure& failure, Kind not_found) { return failure.kind == ReadFailure::kNotFound ? not_found : Kind::kUnreadable; }

/// Reads and inflates an object; the reader of this thread is kept, since making one costs more than a small file.
struct Inflated {
  std::optional<Metadata> metadata;
  std::string problem;  // why it is not one gzip member of at most `raw_bytes_max`
};
Result<Inflated, ReadFailure> inflate(Objects& objects, const std::string& bucket, const std::string& key, uint64_t raw_bytes_max,
                                      const std::function<void(std::string_view)>& sink) {
  thread_local Gunzip reader;
  reader.reset();
  Inflated inflated;
  uint64_t raw_bytes = 0;
  auto metadata = objects.read(bucket, key, [&](std::string_view bytes) {
    // Small steps, so that a bomb is noticed before it has gone off.
    constexpr size_t kStepBytes = 16 << 10;
    for (; !bytes.empty() && inflated.problem.empty(); bytes.remove_prefix(std::min(kStepBytes, bytes.size()))) {
      const auto fed = reader.feed(bytes.substr(0, kStepBytes), [&](std::string_view piece) {
        raw_bytes += piece.size();
        if (raw_bytes <= raw_bytes_max) sink(piece);
      });
      if (!fed) inflated.problem = fed.error().message;
      else if (raw_bytes > raw_bytes_max) inflated.problem = fmt::format("it holds more than {} bytes", raw_bytes_max);
    }
    return inflated.problem.empty();
  });
  if (!metadata) return tl::unexpected(metadata.error());
  inflated.metadata = std::move(*metadata);
  if (const auto ended = reader.finish(); inflated.problem.empty() && !ended) inflated.problem = ended.error().message;
  return inflated;
}

}  // namespace

ExaminedDigest::Signature check_signature(const PublicKeys& keys, const Digest& digest, std::string_view sha256,
                                          std::string_view signature) {
  using Signature = ExaminedDigest::Signature;
  const std::string* key = keys.find(digest.fingerprint);
  if (!key) return Signature::kUnknownKey;
  const auto raw = text::from_hex(signature);
  if (!raw) return Signature::kWrong;
  return crypto::verify_rsa_sha256(*key, text_to_sign_by_hash(digest, sha256), *raw) ? Signature::kGood : Signature::kWrong;
}

ExaminedDigest examine_digest(Objects& objects, const PublicKeys& keys, std::string bucket, std::string key, ParsedKey name) {
  ExaminedDigest out;
  out.bucket = std::move(bucket);
  out.key = std::move(key);
  out.name = std::move(name);
  const auto trouble = [&](Kind kind, std::string message) { out.trouble = Finding{kind, out.bucket, out.key, std::move(message)}; };

  std::string json;
  const auto inflated = inflate(objects, out.bucket, out.key, kDigestRawBytesMax, [&](std::string_view piece) { json += piece; });
  if (!inflated) {
    trouble(kind_of(inflated.error(), Kind::kDigestDeleted), inflated.error().message);
    return out;
  }
  if (!inflated->problem.empty()) {
    trouble(Kind::kDigestDamaged, "the digest is no valid gzip file: " + inflated->problem);
    return out;
  }
  out.sha256 = text::hex(crypto::sha256(json));
  auto digest = parse_digest(json);
  if (!digest) {
    trouble(Kind::kDigestDamaged, "the digest is no JSON as CloudTrail writes it: " + digest.error().message);
    return out;
  }
  out.digest = std::move(*digest);

  if (!inflated->metadata) return out;
  const auto value = [&](std::string_view name_of_it) {
    const auto found = inflated->metadata->find(std::string(name_of_it));
    return found == inflated->metadata->end() ? std::string() : found->second;
  };
  out.signature_hex = value(kSignature);
  if (out.signature_hex.empty() || value(kSignatureAlgorithm) != kSha256WithRsa) {
    out.signature = ExaminedDigest::Signature::kMissing;
  } else if (out.name.kind == ParsedKey::Kind::kBackfillDigest && value(kBackfillGenerated).empty()) {
    out.signature = ExaminedDigest::Signature::kMissing;
  } else {
    out.signature = check_signature(keys, out.digest, out.sha256, out.signature_hex);
  }
  return out;
}

ExaminedFile examine_file(Objects& objects, const DigestedFile& file) {
  ExaminedFile out;
  const auto trouble = [&](Kind kind, std::string message) { out.trouble = Finding{kind, file.bucket, file.key, std::move(message)}; };
  crypto::Hasher hasher(crypto::Algorithm::kSha256);
  const auto inflated = inflate(objects, file.bucket, file.key, kReadRawBytesMax, [&](std::string_view piece) {
    hasher.update(piece);
    out.raw_bytes += piece.size();
  });
  if (!inflated) {
    const bool deleted = inflated.error().kind == ReadFailure::kNotFound;
    trouble(kind_of(inflated.error(), Kind::kLogDeleted), deleted ? "the log file has been deleted" : inflated.error().message);
  } else if (!inflated->problem.empty()) {
    trouble(Kind::kLogDamaged, "the log file is no valid gzip file: " + inflated->problem);
  } else if (const std::string sha256 = text::hex(hasher.finish()); sha256 != file.sha256) {
    trouble(Kind::kLogChanged, fmt::format("the log file has been changed: its SHA-256 is {}, the digest says {}", sha256, file.sha256));
  }
  return out;
}

}  // namespace cairn::archive

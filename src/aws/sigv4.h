#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/names.h"
#include "base/id.h"
#include "base/result.h"
#include "base/time.h"

/// AWS Signature Version 4, both ways, without I/O: AWS General Reference, "Signing AWS API requests", and S3's
/// "Authenticating Requests" (header, presigned URL, chunked).
namespace cairn::aws::sigv4 {

/// The request as it came in, unnormalised. Views must outlive the call.
struct Request {
  std::string_view method;
  std::string_view path;                         // raw, as on the request line, without query
  std::string_view query;                        // raw, without '?'
  std::vector<std::pair<std::string_view, std::string_view>> headers;   // as sent
};

/// What a request says about its signature, from the Authorization header or the query string.
struct Claim {
  enum class Form { kHeader, kPresigned } form = Form::kHeader;
  AccessKeyId access_key;
  std::string date;                              // 20260102, of the scope
  Region region;
  std::string service;
  std::vector<std::string> signed_headers;       // lower case, as listed
  std::string signature;                         // 64 hex digits
  Time time;                                     // X-Amz-Date or Date
  std::optional<std::chrono::seconds> expires;   // presigned only
  std::string session_token;                     // "" if none
  std::string payload_hash;                      // x-amz-content-sha256 as sent; "" if absent
};

/// Why a request has no usable claim: api/authenticate.cc turns these into each protocol's code.
enum class Refusal {
  kMissing,                                      // no signature at all: an anonymous call
  kIncomplete,                                   // Authorization lacks a part, or is no SigV4
  kMalformedCredential,                          // scope is not key/date/region/service/aws4_request
  kBadDate,                                      // no or unreadable date, or not that of the scope
  kBadExpires,                                   // presigned: not 1..604800 seconds
  kUnsignedHeader,                               // host, or an x-amz-* header that was sent, is not among SignedHeaders
  kUnsupported,                                  // SigV4a, SigV2
};
struct Problem {
  Refusal refusal;
  std::string message;                           // AWS's words where it has them
};

Result<Claim, Problem> read_claim(const Request& request);

/// Keeps derived signing keys (one HMAC chain per key, day, region, service). Bounded. Not thread-safe: one per thread.
std::string signing_key(const Secret& secret, std::string_view date, std::string_view region, std::string_view service);

/// The canonical request and string to sign, as AWS returns them with SignatureDoesNotMatch. `service` "s3": the path is taken as
/// sent and encoded once; others: normalised and encoded twice. `body_hash`: hex, or UNSIGNED-PAYLOAD, or STREAMING-…
std::string canonical_request(const Request& request, const Claim& claim, std::string_view body_hash);
std::string string_to_sign(const Claim& claim, std::string_view canonical_request);
/// Hex signature over `string_to_sign`.
std::string signature(std::string_view signing_key, std::string_view string_to_sign);

/// For clients of ours: the headers to add (Authorization, X-Amz-Date, X-Amz-Content-Sha256, X-Amz-Security-Token).
/// `headers` must hold Host and whatever else shall be signed.
struct Signer {
  AccessKeyId access_key;
  Secret secret;
  std::string session_token;
  Region region;
  std::string service;
};
std::vector<std::pair<std::string, std::string>> sign(const Signer& signer, const Request& request, std::string_view body, Time now);

/// `Content-Encoding: aws-chunked` bodies, decoded as they arrive: size lines, chunk signatures, trailers. Total on any bytes.
class ChunkDecoder {
 public:
  enum class Mode { kUnsigned, kSigned };        // STREAMING-UNSIGNED-PAYLOAD-TRAILER, or STREAMING-AWS4-HMAC-SHA256-PAYLOAD[-TRAILER]
  struct Keys {
    std::string signing_key, date_time, scope, seed_signature;   // kSigned only
  };
  enum class Wrong { kMalformed, kSignature, kTooLarge };
  explicit ChunkDecoder(Mode mode, bool with_trailer, Keys keys = {});
  /// Decodes what it can of `in`, appends payload to `out`. Keeps at most one line (limit kLineBytesMax) or partial chunk state.
  Result<void, Wrong> feed(std::string_view in, std::string& out);
  bool complete() const;                         // the last chunk and its trailers were read and verified
  const std::vector<std::pair<std::string, std::string>>& trailers() const;   // names lower case
  static constexpr size_t kLineBytesMax = 4096;
  ChunkDecoder(ChunkDecoder&&) noexcept;
  ~ChunkDecoder();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::aws::sigv4

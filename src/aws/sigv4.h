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
  std::string_view path;                                               // raw, as on the request line, without query
  std::string_view query;                                              // raw, without '?'
  std::vector<std::pair<std::string_view, std::string_view>> headers;  // as sent
};

/// What a request says about its signature, from the Authorization header or the query string.
struct Claim {
  enum class Form { kHeader, kPresigned } form = Form::kHeader;
  AccessKeyId access_key;
  std::string date;  // 20260102, of the scope
  Region region;
  std::string service;
  std::string signed_headers;                   // as listed: lower case, ';' between them
  std::string signature;                        // as sent; AWS's is 64 hex digits
  std::string date_time;                        // 20260102T030405Z, whatever form the date came in
  Time time;                                    // X-Amz-Date or Date
  std::optional<std::chrono::seconds> expires;  // presigned only
  std::string session_token;                    // "" if none
  std::string payload_hash;                     // x-amz-content-sha256 as sent; "" if absent
};

/// Why a request has no usable claim: api/authenticate.cc turns these into each protocol's code and words.
enum class Refusal {
  kMissing,              // no signature at all: an anonymous call
  kAmbiguous,            // both an Authorization header and a presigned query
  kUnsupported,          // not AWS4-HMAC-SHA256 (SigV2, SigV4a, Bearer ...); detail: the scheme
  kNoParameters,         // a scheme and nothing behind it
  kMalformedPart,        // a component of the header is no key=value; detail: it
  kMissingParts,         // detail: the absent ones, ';' between them (Credential, Signature, X-Amz-Date ...)
  kMalformedCredential,  // scope is not key/date/region/service/terminator; detail: the credential
  kScopeDate,            // the scope's date is no yyyyMMdd; detail: it
  kTerminator,           // the scope does not end in aws4_request; detail: its end
  kBadDate,              // unreadable date; detail: it
  kDateMismatch,         // the date is not that of the scope; detail: the date, other: the scope's
  kExpiresNumber,
  kExpiresNegative,
  kExpiresTooLarge,  // presigned: X-Amz-Expires is not 0..604800 seconds
  kHostUnsigned,     // host is not among SignedHeaders
  kUnsignedHeaders,  // S3: an x-amz-* header was sent but not signed; detail: their names, ", " between them
};
struct Problem {
  Refusal refusal;
  Claim::Form form = Claim::Form::kHeader;
  std::string detail;
  std::string other;
};

constexpr std::chrono::seconds kExpiresMax{604800};  // of a presigned URL: seven days

/// Reads and checks the form of a claim; its truth is for `signature` to tell.
Result<Claim, Problem> read_claim(const Request& request);

/// The same of a browser's form: it signs its policy, which has an end of its own.
struct FormSignature {
  std::string algorithm, credential, date, signature, session_token;
};
Result<Claim, Problem> read_form_claim(const FormSignature& form);

/// 32 raw bytes: the HMAC chain over day, region and service. Four HMACs; api/credentials.h keeps what it derived.
std::string signing_key(const Secret& secret, std::string_view date, std::string_view region, std::string_view service);

/// The canonical request and string to sign, as AWS returns them with SignatureDoesNotMatch. Service "s3": the path is taken as
/// sent and encoded once; others: normalised and encoded twice. `body_hash`: hex, or UNSIGNED-PAYLOAD, or STREAMING-…
std::string canonical_request(const Request& request, const Claim& claim, std::string_view body_hash);
std::string string_to_sign(const Claim& claim, std::string_view canonical_request);
/// date/region/service/aws4_request
std::string scope(const Claim& claim);
/// Hex signature over `string_to_sign`.
std::string signature(std::string_view signing_key, std::string_view string_to_sign);

/// For clients of ours: the headers to add (Authorization, X-Amz-Date, X-Amz-Content-Sha256, X-Amz-Security-Token).
/// `headers` must hold Host and whatever else shall be signed; all of them are. Paths and queries: as they go on the wire.
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
  enum class Mode { kUnsigned, kSigned };  // STREAMING-UNSIGNED-PAYLOAD-TRAILER, or STREAMING-AWS4-HMAC-SHA256-PAYLOAD[-TRAILER]
  struct Keys {
    std::string signing_key, date_time, scope, seed_signature;  // kSigned only
  };
  enum class Wrong { kMalformed, kSignature, kTooLarge };
  explicit ChunkDecoder(Mode mode, bool with_trailer, Keys keys = {});
  /// Decodes what it can of `in`, appends payload to `out`. Keeps at most one line (limit kLineBytesMax) or partial chunk state.
  Result<void, Wrong> feed(std::string_view in, std::string& out);
  bool complete() const;                                                     // the last chunk and its trailers were read and verified
  const std::vector<std::pair<std::string, std::string>>& trailers() const;  // names lower case
  static constexpr size_t kLineBytesMax = 4096;
  ChunkDecoder(ChunkDecoder&&) noexcept;
  ~ChunkDecoder();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::aws::sigv4

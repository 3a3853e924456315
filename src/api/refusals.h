#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "aws/error.h"
#include "aws/model.h"
#include "aws/sigv4.h"
#include "base/time.h"
#include "http/server.h"

/// What a client whose signature does not do is told. S3, the json, rest-json and query protocols each have codes and words of
/// their own, taken from answers that AWS gave.
namespace cairn::api {

class Refusals {
 public:
  Refusals(const aws::ServiceModel& service, aws::Protocol protocol);

  aws::Error unreadable(const aws::sigv4::Problem& problem, const http::Head& head) const;
  aws::Error wrong_service(const aws::sigv4::Claim& claim) const;
  aws::Error wrong_region(const aws::sigv4::Claim& claim, const aws::Region& expected) const;  // a scope for no region at all
  aws::Error unknown_key(const aws::sigv4::Claim& claim) const;
  aws::Error invalid_token(const aws::sigv4::Claim& claim) const;
  aws::Error expired_token(const aws::sigv4::Claim& claim) const;
  aws::Error skewed(const aws::sigv4::Claim& claim, Time now) const;
  aws::Error expired(const aws::sigv4::Claim& claim, Time now) const;                              // a presigned URL
  aws::Error not_yet_valid(const aws::sigv4::Claim& claim, Time now) const;                        // a presigned URL from the future
  aws::Error wrong_form_signature(const aws::sigv4::Claim& claim, std::string_view policy) const;  // as it came: base64
  aws::Error wrong_signature(const aws::sigv4::Claim& claim, std::string_view canonical_request) const;

 private:
  enum class Dialect { kS3, kJson, kRestJson, kQuery };
  aws::ErrorKind missing_token() const;
  aws::ErrorKind unknown() const;
  aws::ErrorKind bad_signature() const;
  aws::ErrorKind incomplete() const;
  aws::Error unreadable_by_s3(const aws::sigv4::Problem& problem, const http::Head& head) const;

  const aws::ServiceModel& service_;
  Dialect dialect_;
};

/// `error` with members that its body carries beside Code and Message.
aws::Error detailed(aws::Error error, std::initializer_list<std::pair<std::string_view, std::string>> details);

/// S3: a chunk or trailer whose signature does not hold (their string to sign is not shown).
aws::Error wrong_chunk_signature(const aws::sigv4::Claim& claim);
/// S3: the body is not the one that was signed.
aws::Error content_hash_mismatch(std::string_view declared, std::string_view computed);

}  // namespace cairn::api

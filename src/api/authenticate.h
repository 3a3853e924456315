#pragma once
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "api/credentials.h"
#include "api/route.h"
#include "aws/error.h"
#include "aws/post_policy.h"
#include "aws/principal.h"
#include "aws/sigv4.h"
#include "base/log_limit.h"
#include "base/result.h"
#include "http/server.h"

/// Who calls: the signature of a request is read, its key looked up, its time checked and the signature compared. Every failure is
/// an aws::Error in the code, words and status that AWS has for that service and protocol (api/refusals.h).
namespace cairn::api {

constexpr std::chrono::minutes kSkewMax{15};       // of a signed header, either way for S3
constexpr std::chrono::minutes kFutureSkewMax{5};  // the other services: "Signature not yet current"

/// A caller whose key is known and whose signature holds, as far as it could be checked without the body (see `verify`).
struct Authenticated {
  aws::Principal principal;  // kAnonymous: S3 without a signature
  aws::Region region;        // of the credential scope; anonymous: the default region
  bool presigned = false;
  std::optional<aws::sigv4::Claim> claim;  // nullopt: anonymous
  std::string signing_key;                 // for body and chunks; empty: nothing is checked (anonymous, --dev)
};

struct AuthenticatorOptions {
  bool dev = false;  // any unknown key is an administrator, whatever its secret; twelve digits name the account
  aws::AccountId default_account;
  aws::Region default_region = aws::kGlobalRegion;  // of anonymous calls
};

/// Any thread. Failures are results, not throws: they come in floods.
class Authenticator {
 public:
  Authenticator(state::Store& store, const state::Sealer& sealer, AuthenticatorOptions options);

  /// As much as the head tells: form, scope, key, clock; for S3 the signature too, so that no body is read for nothing.
  Result<Authenticated, aws::Error> read(const http::Head& head, const Route& route, Time now);

  /// A browser's form: its fields have the signature, which is over the policy in them. Without a policy: anonymous.
  Result<Authenticated, aws::Error> read_form(const aws::FormFields& fields, const http::Head& head, const Route& route, Time now);

  /// With the whole body: the other services' signature covers its hash; a body of S3 that is not streamed must have the hash
  /// that was signed. Streamed bodies: api/receive.h.
  Result<void, aws::Error> verify(const Authenticated& caller, const http::Head& head, const Route& route, std::string_view body);

  /// One log line a second at most: who tries keys that do not fit. The caller counts.
  void count_refusal(std::string_view source_ip, const aws::Error& error);

 private:
  Result<Authenticated, aws::Error> identify(aws::sigv4::Claim claim, const http::Head& head, const Route& route, Time now);

  Credentials credentials_;
  const AuthenticatorOptions options_;
  std::atomic<Time::rep> now_{0};  // of the last call; for the log's limit
  log::Limit log_limit_;
};

}  // namespace cairn::api

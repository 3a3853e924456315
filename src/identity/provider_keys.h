#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "env/clock.h"
#include "env/http_client.h"
#include "identity/documents.h"
#include "identity/jwt.h"

namespace cairn::identity {

/// The keys that OpenID Connect providers sign with, fetched from their /.well-known/openid-configuration and kept. Any thread. Bounded, in
/// what it keeps and in how often and how many at once it asks, whatever tokens strangers send.
class ProviderKeys {
 public:
  using Keys = std::shared_ptr<const std::vector<JsonWebKey>>;
  enum class Failure {
    kUnreachable,  // nobody answers, or too slowly; or too many wait already
    kUntrusted,    // its certificate is nobody's whom the system trusts, nor one of the thumbprints
    kNoKeys,       // what it answers is no configuration of its own, or no keys
  };
  ProviderKeys(env::HttpClient* http, const env::Clock& clock) : http_(http), clock_(clock) {}  // null: there is no network

  /// Waits for the network where a token's key is not among those that are kept.
  Result<Keys, Failure> find(const OidcProvider& provider, const Jwt& token);

  static constexpr size_t kProvidersMax = 256;                 // beyond it all are dropped and fetched anew
  static constexpr std::chrono::minutes kKeptFor{60};          // then keys are fetched again; they stay good ...
  static constexpr std::chrono::hours kOutlivesFor{24};        // ... for so long while the provider cannot be reached
  static constexpr std::chrono::seconds kRefetchAfter{60};     // at the earliest, for a token that names a key that is not there
  static constexpr std::chrono::seconds kRetryAfter{10};       // at the earliest, after a failure
  static constexpr std::chrono::milliseconds kTimeout{5'000};  // of each of the requests that a fetch takes
  static constexpr size_t kAnswerBytesMax = 256 << 10;
  static constexpr size_t kFetchesMax = 6;           // at once, of all providers; each holds up one call
  static constexpr size_t kFetchesOfAccountMax = 2;  // slow providers of one account keep no other from being asked

 private:
  struct Entry {
    Keys keys;                       // null: none
    std::optional<Failure> failure;  // of the last fetch
    std::chrono::nanoseconds tried{}, fetched{};
    bool fetching = false;
  };
  bool is_due(const Entry& entry, const Jwt& token) const;
  Result<Keys, Failure> fetch(const OidcProvider& provider);
  Result<std::string, Failure> get(const std::string& url, const OidcProvider& provider);

  env::HttpClient* const http_;
  const env::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // by URL and thumbprints
  size_t fetching_ = 0;
  std::map<aws::AccountId, size_t> fetching_of_;
};

}  // namespace cairn::identity

#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aws/names.h"
#include "aws/principal.h"
#include "base/id.h"
#include "base/time.h"
#include "state/sealer.h"
#include "state/store.h"

/// Who may sign: what authentication keeps of the access keys that identity/documents.h tells of.
namespace cairn::api {

/// Finds the owner of an access key and keeps it, with its secret unsealed and the signing keys derived from that. Any thread. Bounded.
/// Temporary keys are found in their session token (identity/session.h), which is opened when it is first seen; then its digest is
/// compared. What is kept is dropped when a document below iam/ changes: a key that was deleted or deactivated fails the call after the
/// answer.
class Credentials {
 public:
  Credentials(state::Store& store, const state::Sealer& sealer);  // which must outlive this

  struct Found {
    std::shared_ptr<const aws::Principal> principal;
    std::string signing_key;      // for the scope that was asked for; 32 raw bytes
    std::optional<Time> expires;  // of temporary credentials; it may have passed
  };
  /// nullopt: unknown or inactive, or the token is not the key's. `session_token`: "" of long-term keys.
  std::optional<Found> find(const aws::AccessKeyId& key, std::string_view session_token, std::string_view date, const aws::Region& region,
                            std::string_view service);

  static constexpr size_t kKeysMax = 4096;  // access keys kept; beyond it all are dropped and found anew
  static constexpr size_t kScopesMax = 64;  // signing keys kept per access key; then the oldest goes

 private:
  struct Scope {
    std::string date, region, service, signing_key;
  };
  struct Entry {
    uint64_t version = 0;
    std::shared_ptr<const aws::Principal> principal;
    Secret secret;
    std::string token_digest;  // SHA-256; "": a long-term key
    std::optional<Time> expires;
    std::vector<Scope> scopes;
    size_t oldest = 0;
  };
  std::optional<Entry> load(const aws::AccessKeyId& key) const;
  std::optional<Entry> load_session(const aws::AccessKeyId& key, std::string_view token) const;
  static const std::string& derive(Entry& entry, std::string_view date, const aws::Region& region, std::string_view service);

  state::Store& store_;
  const state::Sealer& sealer_;
  const state::Watch& watch_;
  std::mutex mutex_;
  std::unordered_map<aws::AccessKeyId, Entry> entries_;
};

}  // namespace cairn::api

#pragma once
#include <atomic>
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
#include "env/random.h"
#include "state/store.h"

/// Who may sign: accounts, users and access keys as documents of the state store, and what authentication keeps of them.
///   iam/account/<account>        {"created"}
///   iam/default-account          twelve digits: the account that the data directory was made with
///   iam/user/<account>/<name>    {"id": "AIDA...", "arn", "path", "created", "administrator"}
///   iam/access-key/<AKIA...>     {"account", "user" ("" = root), "secret", "status": "Active" | "Inactive", "created"}
namespace cairn::api {

std::string account_document(const aws::AccountId& account);
std::string user_document(const aws::AccountId& account, std::string_view name);
std::string access_key_document(const aws::AccessKeyId& key);

/// An access key as its owner gets to see it, once.
struct NewCredentials {
  aws::AccessKeyId access_key;
  Secret secret;
};

bool has_account(state::Transaction& state);

/// Makes `account` with its root user, an administrator named "admin", and an access key for the latter. Changes only `state`.
NewCredentials make_first_account(state::Transaction& state, env::Random& random, Time now, const aws::AccountId& account);

/// Makes an administrator, or an access key for a user ("": root), in AWS's forms of ids and secrets. Change only `state`.
void make_administrator(state::Transaction& state, env::Random& random, Time now, const aws::AccountId& account, const std::string& name);
NewCredentials make_access_key(state::Transaction& state, env::Random& random, Time now, const aws::AccountId& account,
                               const std::string& user);

/// What the root user of an account is as a caller.
aws::Principal root_principal(const aws::AccountId& account);

/// Finds the owner of an access key and keeps it, with the signing keys derived from its secret. Any thread. Bounded.
/// What is kept is dropped when `changed` is called: whoever commits a change to a document above calls it afterwards.
class Credentials {
 public:
  /// Reads one document; nullopt: there is none.
  using Documents = std::function<std::optional<std::string>(const std::string& key)>;

  explicit Credentials(Documents documents);
  explicit Credentials(state::Store& store);  // `store` must outlive this

  struct Found {
    std::shared_ptr<const aws::Principal> principal;
    std::string signing_key;  // for the scope that was asked for; 32 raw bytes
  };
  /// nullopt: unknown or inactive. Temporary keys will be found here too, by key and token; there are none yet, so a token finds
  /// nothing.
  std::optional<Found> find(const aws::AccessKeyId& key, std::string_view session_token, std::string_view date, const aws::Region& region,
                            std::string_view service);

  void changed() { generation_.fetch_add(1, std::memory_order_release); }

  static constexpr size_t kKeysMax = 4096;  // access keys kept; beyond it all are dropped and found anew
  static constexpr size_t kScopesMax = 64;  // signing keys kept per access key; then the oldest goes

 private:
  struct Scope {
    std::string date, region, service, signing_key;
  };
  struct Entry {
    uint64_t generation = 0;
    std::shared_ptr<const aws::Principal> principal;
    Secret secret;
    std::vector<Scope> scopes;
    size_t oldest = 0;
  };
  std::optional<Entry> load(const aws::AccessKeyId& key) const;
  static const std::string& derive(Entry& entry, std::string_view date, const aws::Region& region, std::string_view service);

  const Documents documents_;
  std::atomic<uint64_t> generation_{0};
  std::mutex mutex_;
  std::unordered_map<aws::AccessKeyId, Entry> entries_;
};

}  // namespace cairn::api

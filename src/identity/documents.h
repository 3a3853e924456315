#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/names.h"
#include "base/id.h"
#include "base/time.h"
#include "env/random.h"
#include "state/sealer.h"
#include "state/store.h"

/// Who there is: accounts, users, groups, roles, policies, access keys and MFA devices, as documents of the state store
/// (docs/formats/state.md). What is written here decides over every call (identity/policies.h).
namespace cairn::identity {

using Tags = std::vector<std::pair<std::string, std::string>>;  // in the order they were given

/// Users, groups and roles: what policies are attached to.
struct Entity {
  enum class Kind { kUser, kGroup, kRole };
  Kind kind = Kind::kUser;
  aws::AccountId account;
  std::string name, id, path = "/";  // id: AIDA..., AGPA..., AROA...
  Time created;
  std::map<std::string, std::string> inline_policies;  // name -> text, as it was put
  std::vector<std::string> attached;                   // ARNs of managed policies
  std::string boundary;                                // ARN of the managed policy that bounds a user or role; "": none
  Tags tags;

  // users
  std::vector<std::string> groups;       // names
  std::vector<std::string> access_keys;  // AKIA...
  std::vector<std::string> mfa_devices;  // serial numbers
  std::string password;                  // identity/password.h; "": no login profile
  bool password_reset_required = false;
  std::optional<Time> password_created;

  // roles
  std::string trust;  // the policy that says who may assume it
  std::string description;
  int max_session_seconds = 3600;
  std::string linked_service;  // cloudtrail.amazonaws.com; "": an ordinary role

  std::string arn() const;
};

/// A customer's managed policy.
struct ManagedPolicy {
  struct Version {
    int number = 1;  // v1
    Time created;
    std::string text;
  };
  aws::AccountId account;
  std::string name, id, path = "/", description;  // id: ANPA...
  Time created, updated;
  Tags tags;
  std::vector<Version> versions;  // oldest first
  int default_version = 1;
  int next_version = 2;  // numbers are never used again

  std::string arn() const;
  const Version* version(int number) const;
  const std::string& text() const { return version(default_version)->text; }
};

struct InstanceProfile {
  aws::AccountId account;
  std::string name, id, path = "/";  // id: AIPA...
  Time created;
  std::string role;  // name; "": none
  Tags tags;
  std::string arn() const;
};

/// A virtual MFA device: a secret shared with somebody's phone.
struct MfaDevice {
  aws::AccountId account;
  std::string name, path = "/";
  std::string sealed;           // the seed's raw bytes: seal, unseal
  std::optional<Time> enabled;  // nullopt: nobody's yet
  std::string user;             // name; "": root's, where `enabled`
  int64_t last_step = 0;        // no code of this time step or before is taken again (identity/totp.h)
  Tags tags;
  std::string serial() const;  // arn:aws:iam::111122223333:mfa/NAME
};

struct AccessKey {
  aws::AccessKeyId id;
  aws::AccountId account;
  std::string user;    // name; "": root's
  std::string sealed;  // the secret: seal, unseal
  bool active = true;
  Time created;
};

/// An account, and its root user.
struct Account {
  aws::AccountId id;
  std::string name;  // as `cairn account create` was told; "": none
  Time created;
  std::string alias;                     // "": none
  std::string password_policy;           // JSON of IAM's PasswordPolicy; "": the default one
  std::vector<std::string> access_keys;  // root's
  std::vector<std::string> mfa_devices;  // root's
};

/// An OpenID Connect provider whose tokens may be exchanged for a role's session.
struct OidcProvider {
  aws::AccountId account;
  std::string url;  // without https://
  std::vector<std::string> client_ids, thumbprints;
  Time created;
  Tags tags;
  std::string arn() const;
};

// --- where the documents stand. Names ignore case, so keys hold them in lower case.

std::string account_key(const aws::AccountId& account);
std::string entity_prefix(Entity::Kind kind, const aws::AccountId& account);  // of all of a kind in an account
std::string entity_key(Entity::Kind kind, const aws::AccountId& account, std::string_view name);
std::string policy_prefix(const aws::AccountId& account);
std::string policy_key(const aws::AccountId& account, std::string_view name);
std::string instance_profile_prefix(const aws::AccountId& account);
std::string instance_profile_key(const aws::AccountId& account, std::string_view name);
std::string mfa_device_prefix(const aws::AccountId& account);
std::string mfa_device_key(const aws::AccountId& account, std::string_view name);
std::string access_key_key(const aws::AccessKeyId& key);
std::string alias_key(std::string_view alias);  // -> account number
std::string oidc_provider_prefix(const aws::AccountId& account);
std::string oidc_provider_key(const aws::AccountId& account, std::string_view url);
/// Documents that hold a name only and let the other direction be listed: who is in a group; what a managed policy is attached to or
/// bounds; which profiles hold a role.
std::string member_prefix(const aws::AccountId& account, std::string_view group);
std::string member_key(const aws::AccountId& account, std::string_view group, std::string_view user);
enum class Usage { kAttached, kBoundary };
std::string usage_prefix(const aws::AccountId& account, std::string_view policy_arn, Usage usage);
std::string usage_key(const aws::AccountId& account, std::string_view policy_arn, Usage usage, const Entity& entity);
std::string role_profile_prefix(const aws::AccountId& account, std::string_view role);
std::string role_profile_key(const aws::AccountId& account, std::string_view role, std::string_view profile);

inline constexpr const char* kPrefix = "iam/";                            // of all the above
inline constexpr const char* kAccountPrefix = "iam/account/";             //
inline constexpr const char* kDefaultAccountKey = "iam/default-account";  // twelve digits: what the data directory was made with

// --- reading and writing. Documents that cannot be read throw std::runtime_error.

std::optional<Entity> find_entity(state::Transaction& state, Entity::Kind kind, const aws::AccountId& account, std::string_view name);
/// The role or user of an ARN; nullopt: none, or of another path.
std::optional<Entity> find_entity(state::Transaction& state, std::string_view arn);
std::optional<ManagedPolicy> find_policy(state::Transaction& state, std::string_view arn);  // customers' only
std::optional<InstanceProfile> find_instance_profile(state::Transaction& state, const aws::AccountId& account, std::string_view name);
std::optional<MfaDevice> find_mfa_device(state::Transaction& state, std::string_view serial);
std::optional<AccessKey> find_access_key(state::Transaction& state, const aws::AccessKeyId& key);
std::optional<Account> find_account(state::Transaction& state, const aws::AccountId& account);
std::optional<OidcProvider> find_oidc_provider(state::Transaction& state, std::string_view arn);

void save(state::Transaction& state, const Entity& entity);
void save(state::Transaction& state, const ManagedPolicy& policy);
void save(state::Transaction& state, const InstanceProfile& profile);
void save(state::Transaction& state, const MfaDevice& device);
void save(state::Transaction& state, const AccessKey& key);
void save(state::Transaction& state, const Account& account);
void save(state::Transaction& state, const OidcProvider& provider);

Entity decode_entity(Entity::Kind kind, const aws::AccountId& account, std::string_view text);
ManagedPolicy decode_policy(const aws::AccountId& account, std::string_view text);
InstanceProfile decode_instance_profile(const aws::AccountId& account, std::string_view text);
MfaDevice decode_mfa_device(const aws::AccountId& account, std::string_view text);
Account decode_account(const aws::AccountId& account, std::string_view text);
AccessKey decode_access_key(const aws::AccessKeyId& id, std::string_view text);
OidcProvider decode_oidc_provider(const aws::AccountId& account, std::string_view text);

// --- secrets: sealed for the document that holds them (docs/formats/sealing.md), and opened only where one is used.

void seal(const state::Sealer& sealer, AccessKey& key, const Secret& secret);
void seal(const state::Sealer& sealer, MfaDevice& device, const Secret& seed);
/// Throws std::runtime_error: damaged.
Secret unseal(const state::Sealer& sealer, const AccessKey& key);
Secret unseal(const state::Sealer& sealer, const MfaDevice& device);

/// arn:aws:iam::111122223333:policy/path/NAME taken apart; nullopt: not of that form.
struct IamArn {
  std::string account;  // "aws": those that AWS manages
  std::string type;     // user, role, policy, ...
  std::string path;     // with both slashes
  std::string name;
};
std::optional<IamArn> parse_arn(std::string_view arn);

/// A new unique id, in AWS's form: `prefix` AIDA, AROA, ... and 17 letters.
std::string new_id(env::Random& random, std::string_view prefix);

}  // namespace cairn::identity

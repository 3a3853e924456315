#pragma once
#include <string>
#include <string_view>

#include "aws/names.h"
#include "aws/principal.h"
#include "base/id.h"
#include "base/time.h"
#include "env/random.h"
#include "identity/documents.h"
#include "state/sealer.h"
#include "state/store.h"

namespace cairn::identity {

/// What the root user of an account, or a user, is as a caller; the access key is left to the caller to fill in.
aws::Principal root_principal(const aws::AccountId& account);
aws::Principal user_principal(const Entity& user);

/// An access key as its owner gets to see it, once.
struct NewCredentials {
  aws::AccessKeyId access_key;
  Secret secret;
};

/// The functions below change only `state`.

/// An access key in AWS's form, for a user ("": root). Throws what find_entity throws; the owner must be there.
NewCredentials make_access_key(state::Transaction& state, const state::Sealer& sealer, env::Random& random, Time now,
                               const aws::AccountId& account, const std::string& user);

/// An account with its root user, who has no key yet.
void make_account(state::Transaction& state, Time now, const aws::AccountId& account, const std::string& name);

/// What a data directory begins with: `account`, an administrator named "admin" in it, and an access key for the latter.
NewCredentials make_first_account(state::Transaction& state, const state::Sealer& sealer, env::Random& random, Time now,
                                  const aws::AccountId& account);

/// The key of whoever owns the data directory, in place of the one before. It opens nothing but `cairn root credentials`; as a caller it
/// is a service of this server.
NewCredentials make_owner_key(state::Transaction& state, const state::Sealer& sealer, env::Random& random, Time now);
bool has_owner_key(state::Transaction& state);
aws::Principal owner_principal();
bool is_owner(const aws::Principal& principal);

void attach(state::Transaction& state, Entity& entity, std::string_view policy_arn);  // saves the entity
void detach(state::Transaction& state, Entity& entity, std::string_view policy_arn);

}  // namespace cairn::identity

#pragma once
#include <optional>
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

/// Temporary credentials. All that the server must know of them stands in their session token, sealed under the master key: nothing is
/// kept, so there is nothing to clean up (docs/decisions/0004-sealed-session-tokens.md).
namespace cairn::identity {

struct Session {
  enum class Kind { kUser, kRole, kFederatedUser };  // of GetSessionToken, AssumeRole..., GetFederationToken
  Kind kind = Kind::kUser;
  aws::AccessKeyId access_key;  // ASIA...
  Secret secret;
  Time issued, expires;  // whole seconds
  aws::AccountId account;
  std::string issuer;     // the user's name, or the role's ARN; "": the root user
  std::string issuer_id;  // AIDA..., AROA...: whoever comes later under the same name is somebody else; "": the root user
  std::string name;       // RoleSessionName; the federated user's name
  bool mfa = false;
  std::string source_identity;
  std::string provider;  // ARN of the OpenID Connect provider that vouched for who assumed the role; "": none did
  aws::Session limits;   // session policies and tags
};

constexpr size_t kTokenCharactersMax = 24 << 10;  // more is no token of ours

/// A session token in base64. `random`: for its salt and nonce.
std::string seal_token(const state::Sealer& sealer, env::Random& random, const Session& session);
/// nullopt: nobody here sealed it, or not as it is. Any bytes whatever. Whether it has expired is the caller's to see.
std::optional<Session> open_token(const state::Sealer& sealer, std::string_view token);

/// Fills in `access_key` and `secret`. The account can be read off the id, as off AWS's.
void draw_credentials(env::Random& random, Session& session);
/// The account that a temporary access key's id tells; nullopt: not of that form.
std::optional<aws::AccountId> account_of_temporary_key(std::string_view id);

/// Who calls with it, with the record's sessionContext; nullopt: the user or role that it came from is gone.
std::optional<aws::Principal> session_principal(state::Transaction& state, const Session& session);

}  // namespace cairn::identity

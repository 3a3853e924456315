#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "aws/policy/caller.h"
#include "services/kms/ciphertext.h"
#include "services/kms/key.h"

namespace cairn::kms {

/// A grant: what a principal may do with one key, besides what policies say.
struct Grant {
  std::string id;  // 64 hex digits
  std::string name;
  Time created;
  std::string grantee, retiring;                                 // ARNs, account numbers, service principals; retiring "": none
  bool grantee_is_service = false, retiring_is_service = false;  // given as GranteeServicePrincipal, RetiringServicePrincipal
  aws::AccountId issuer;
  std::vector<std::string> operations;
  Json constraints = Json::object();  // as given

  bool allows(std::string_view operation) const;
};

std::string encode(const Grant& grant);
Grant decode_grant(std::string_view id, std::string_view document);
Json list_entry(const Grant& grant, const Key& key);  // GrantListEntry

std::optional<Grant> read_grant(state::Transaction& state, const Key& key, const std::string& id);
/// One of the same name that gives the same: CreateGrant that is sent again makes no second.
std::optional<Grant> find_same_grant(state::Transaction& state, const Key& key, const Grant& grant);
void put_grant(state::Transaction& state, const Key& key, const Grant& grant);  // throws LimitExceededException
void erase_grant(state::Transaction& state, const Key& key, const Grant& grant);

/// The token that CreateGrant gives. It is no secret, and says no more than which grant it is.
std::string grant_token(const Key& key, const Grant& grant);
struct GrantToken {
  std::string key_id, grant_id;
};
std::optional<GrantToken> parse_grant_token(std::string_view token);
/// Throws InvalidGrantTokenException when one of the call's GrantTokens names no grant. They are not needed otherwise: a grant counts at
/// once.
void check_grant_tokens(api::Call& call);

/// How a grant names a caller.
aws::policy::NamedAs names(const std::string& principal, const aws::policy::Caller& caller);
bool is_principal(const std::string& text);

/// Who asks for what under grants. `context`: of operations that take one, else null: constraints on it do not count then.
struct GrantAsk {
  const aws::policy::Caller& caller;
  std::string_view operation;  // as in GrantOperation
  const EncryptionContext* context = nullptr;
  std::string_view source_arn;
};
struct Permission {
  Grant grant;
  bool to_account = false;  // what its principals may do, their own policies decide further
};
std::optional<Permission> find_permission(state::Transaction& state, const Key& key, const GrantAsk& ask);

/// Whether a grant gives nothing that `parent` does not.
bool is_within(const Grant& grant, const Grant& parent);

}  // namespace cairn::kms

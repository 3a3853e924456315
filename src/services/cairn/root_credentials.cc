#include "api/operation.h"
#include "api/ports.h"
#include "aws/error.h"
#include "identity/accounts.h"

/// The root users' way in: whoever owns the data directory may have an access key for the root user of any account.
namespace cairn::services {
namespace {

constexpr size_t kKeysMax = 2;  // of a root user, as of any

constexpr aws::ErrorKind kLimitExceeded{.code = "LimitExceededException"};
constexpr aws::ErrorKind kNoSuchAccount{.code = "AccountNotFoundException"};

/// Recorded in the account whose root user it is about. With Replace, the keys before are gone.
void create_root_credentials(api::Call& call) {
  call.is_decided = true;
  const aws::AccountId id(call.in.value("AccountId", call.ports->default_account.str()));
  if (!identity::is_owner(call.principal))
    throw aws::Error(aws::kAccessDenied,
                     "Only the owner of the data directory may do this, with the key in its file 'owner': cairn root credentials");
  std::optional<identity::Account> account = identity::find_account(*call.state, id);
  if (!account) throw aws::Error(kNoSuchAccount, "There is no account {}. See: cairn account list", id.str());
  call.owner = id;
  if (call.in.value("Replace", false)) {
    for (const std::string& key : account->access_keys) call.state->erase(identity::access_key_key(aws::AccessKeyId(key)));
    account->access_keys.clear();
    identity::save(*call.state, *account);
  }
  if (account->access_keys.size() >= kKeysMax)
    throw aws::Error(kLimitExceeded, "The root user of account {} has {} access keys already. Replace them, or delete one.", id.str(),
                     kKeysMax);
  const identity::NewCredentials made = identity::make_access_key(*call.state, *call.ports->sealer, *call.ports->random, call.now, id, "");
  call.out["Credentials"] = {{"AccountId", id.str()}, {"AccessKeyId", made.access_key.str()}, {"SecretAccessKey", made.secret.reveal()}};
}

constexpr api::Operation kOperations[] = {
    {.name = "CreateRootCredentials", .handle = create_root_credentials},
};

}  // namespace

extern const api::Family cairn_root_credentials;
const api::Family cairn_root_credentials{"cairn", kOperations, api::Decides::kHandler};

}  // namespace cairn::services

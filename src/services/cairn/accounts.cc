#include "api/operation.h"
#include "api/ports.h"
#include "aws/error.h"
#include "identity/accounts.h"

/// Accounts of this server. The account that the data directory was made with is the one that others are made from.
namespace cairn::services {
namespace {

constexpr size_t kAccountsMax = 10'000;
constexpr int kNumbersTried = 20;  // until one is free; they are drawn from a million millions

constexpr aws::ErrorKind kLimitExceeded{.code = "LimitExceededException"};

/// Other accounts must not learn of each other.
void require_first_account(const api::Call& call) {
  if (call.account != call.ports->default_account)
    throw aws::Error(aws::kAccessDenied, "User: {} is not authorized to perform: cairn:{}: accounts are managed from account {} only",
                     call.principal.arn, call.model->name, call.ports->default_account.str());
}

Json show(const identity::Account& account) {
  return {{"Id", account.id.str()}, {"Name", account.name}, {"CreatedTime", timestamps::iso8601(account.created)}};
}

void create_account(api::Call& call) {
  require_first_account(call);
  state::Transaction& state = *call.state;
  if (state.list(identity::kAccountPrefix, identity::kAccountPrefix, kAccountsMax).items.size() == kAccountsMax)
    throw aws::Error(kLimitExceeded, "This server has {} accounts, which is the most it can have.", kAccountsMax);
  aws::AccountId id;
  for (int i = 0; i < kNumbersTried && (id.empty() || state.exists(identity::account_key(id))); ++i)
    id = aws::AccountId(call.ports->random->letters(1, "123456789") + call.ports->random->letters(11, "0123456789"));
  identity::make_account(state, call.now, id, call.in.value("Name", ""));
  call.out["Account"] = show(identity::find_account(state, id).value());
}

void list_accounts(api::Call& call) {
  require_first_account(call);
  const std::string prefix = identity::kAccountPrefix;
  Json accounts = Json::array();
  for (const state::Item& item : call.state->list(prefix, prefix, kAccountsMax).items)
    accounts.push_back(show(identity::decode_account(aws::AccountId(item.key.substr(prefix.size())), item.value)));
  call.out["Accounts"] = std::move(accounts);
}

constexpr api::Operation kOperations[] = {
    {.name = "CreateAccount", .handle = create_account},
    {.name = "ListAccounts", .handle = list_accounts},
};

}  // namespace

extern const api::Family cairn_accounts;
const api::Family cairn_accounts{"cairn", kOperations};

}  // namespace cairn::services

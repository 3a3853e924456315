#include "api/operation.h"
#include "identity/documents.h"
#include "identity/session.h"
#include "services/sts/sessions.h"

/// What STS tells of access keys and of refusals.
namespace cairn::sts {
namespace {

/// Those of temporary keys are read off their ids.
/// Differs from AWS: keys that this server never gave out have no account.
void get_access_key_info(api::Call& call) {
  const std::string id = text_of(call.in, "AccessKeyId");
  std::optional<aws::AccountId> account;
  if (const std::optional<identity::AccessKey> key = identity::find_access_key(*call.state, aws::AccessKeyId(id));
      key && !key->account.empty())
    account = key->account;
  else if (account = identity::account_of_temporary_key(id); account && !identity::find_account(*call.state, *account)) account.reset();
  if (!account) throw Error(aws::kValidation, "Invalid Access Key ID: {}", id);
  call.out["Account"] = account->str();
}

/// Differs from AWS: no refusal of this server carries such a message (on AWS those of EC2 do), so that none is valid.
void decode_authorization_message(api::Call& call) {
  throw Error(kInvalidMessage, "Message is not valid: {} gives out no encoded messages", call.service->model->service_id);
}

constexpr api::Operation kOperations[] = {
    {.name = "DecodeAuthorizationMessage", .handle = decode_authorization_message},
    {.name = "GetAccessKeyInfo", .handle = get_access_key_info},
};

}  // namespace
}  // namespace cairn::sts

namespace cairn::services {
extern const api::Family sts_keys;
const api::Family sts_keys{.service = "sts", .operations = sts::kOperations};
}  // namespace cairn::services

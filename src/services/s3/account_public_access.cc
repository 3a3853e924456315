#include "api/authorize.h"
#include "api/operation.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/public_access.h"

/// S3 Control: Block Public Access for all buckets of an account.
namespace cairn::s3 {
namespace {

/// The account that is meant is the caller's own; S3 says no more than that to others.
std::string open_account(api::Call& call, std::string_view action) {
  const std::string account = text_of(call.in, "AccountId");
  if (account != call.account.str()) {
    call.is_decided = true;
    throw access_denied();
  }
  api::require(call, {.action = std::string(action), .shown = ""});
  return keys::public_access_block(account);
}

void get_account_block(api::Call& call) {
  open_account(call, "s3:GetAccountPublicAccessBlock");
  const std::optional<PublicAccessBlock> block = account_public_access_block(*call.state, call.account);
  if (!block) throw no_public_access_block().with("AccountId", call.account.str());
  call.out["PublicAccessBlockConfiguration"] = encode(*block);
}

void put_account_block(api::Call& call) {
  const std::string document = open_account(call, "s3:PutAccountPublicAccessBlock");
  const auto configuration = call.in.find("PublicAccessBlockConfiguration");
  if (configuration == call.in.end()) throw malformed_xml();
  call.state->put(document, json::dump(encode(decode_public_access_block(*configuration))));
}

void delete_account_block(api::Call& call) {
  call.state->erase(open_account(call, "s3:PutAccountPublicAccessBlock"));
  call.reply.status = 204;  // as AWS answers; its API page says 200
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeletePublicAccessBlock", delete_account_block},
    {"GetPublicAccessBlock", get_account_block},
    {"PutPublicAccessBlock", put_account_block},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_account_public_access;
const api::Family s3_account_public_access{.service = "s3control", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

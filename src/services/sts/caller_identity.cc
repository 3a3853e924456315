#include "api/operation.h"

namespace cairn::services {
namespace {

/// Says who signed the call. Needs no permission, as on AWS.
void get_caller_identity(api::Call& call) {
  call.out["UserId"] = call.principal.principal_id;
  call.out["Account"] = call.principal.account.str();
  call.out["Arn"] = call.principal.arn;
}

constexpr api::Operation kOperations[] = {
    {.name = "GetCallerIdentity", .handle = get_caller_identity},
};

}  // namespace

extern const api::Family sts_caller_identity;
const api::Family sts_caller_identity{"sts", kOperations};

}  // namespace cairn::services

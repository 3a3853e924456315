#include "api/authorize.h"

#include "api/operation.h"

namespace cairn::api {
namespace {

/// "User: ARN is not authorized to perform: ACTION because no identity-based policy allows the ACTION action".
aws::Error denied(const Call& call) {
  const std::string action = fmt::format("{}:{}", call.service->model->signing_name, call.model->name);
  return aws::Error(aws::kAccessDenied, "User: {} is not authorized to perform: {} because no identity-based policy allows the {} action",
                    call.principal.arn.empty() ? call.principal.user_name : call.principal.arn, action, action);
}

/// Services that ask the policy engine themselves, where they know the resource: its policy, or a grant, may let in whom nothing else does.
bool decides_itself(const Call& call) { return call.operation != nullptr && call.service->model->key == "kms"; }

}  // namespace

void authorize(const Call& call) {
  using Kind = aws::Principal::Kind;
  if (decides_itself(call) && call.principal.kind != Kind::kAnonymous) return;
  if (call.principal.kind == Kind::kAnonymous || call.principal.kind == Kind::kService) {
    // Both have no policies of their own: what they may do, a bucket's policy says, at its own door (services/s3/access.h).
    if (!call.http.bucket.empty() && call.operation != nullptr) return;
    if (call.principal.kind == Kind::kAnonymous) throw aws::Error(aws::kAccessDenied, "Access Denied");
  }
  if (!call.principal.is_administrator) throw denied(call);
}

}  // namespace cairn::api

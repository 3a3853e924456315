#pragma once
#include "api/call.h"
#include "aws/policy/context.h"

namespace cairn::api {

/// The global condition keys of a call: who, from where, how, when (aws:PrincipalArn, aws:SourceIp, aws:SecureTransport ...), each there
/// when AWS has it for such a call. Keys of a service's own are the service's to add.
void describe_request(const Call& call, aws::policy::Context& context);

}  // namespace cairn::api

#include "api/request_context.h"

#include "api/ports.h"
#include "aws/policy/caller.h"

namespace cairn::api {

void describe_request(const Call& call, aws::policy::Context& context) {
  aws::policy::describe_caller(call.principal, call.now, context);
  context.add("aws:CurrentTime", timestamps::iso8601(call.now));
  context.add("aws:EpochTime", std::to_string(call.now.time_since_epoch().count() / 1000));
  context.add("aws:RequestedRegion", call.region.str());
  context.add("aws:ViaAWSService", false);
  const bool is_service = call.principal.kind == aws::Principal::Kind::kService;  // its calls never leave the machine
  context.add("aws:SecureTransport", call.tls || is_service || call.ports->plain_counts_as_tls);
  if (!is_service && !call.source_ip.empty()) context.add("aws:SourceIp", call.source_ip);
  if (!call.user_agent.empty()) context.add("aws:UserAgent", call.user_agent);
}

}  // namespace cairn::api

#include "api/request_context.h"

#include "api/ports.h"
#include "aws/policy/caller.h"
#include "base/text.h"
#include "identity/policies.h"

namespace cairn::api {

namespace {

/// Those of the session stand over those of the user or role.
void describe_principal_tags(const Call& call, aws::policy::Context& context) {
  const auto session_has = [&](const std::string& key) {
    return call.principal.session != nullptr &&
           std::ranges::any_of(call.principal.session->tags, [&](const auto& tag) { return text::equals_ignoring_case(tag.first, key); });
  };
  if (call.policies != nullptr)
    for (const auto& [key, value] : call.policies->tags())
      if (!session_has(key)) context.add("aws:PrincipalTag/" + key, value);
  if (call.principal.session != nullptr)
    for (const auto& [key, value] : call.principal.session->tags) context.add("aws:PrincipalTag/" + key, value);
}

}  // namespace

void describe_request(const Call& call, aws::policy::Context& context) {
  aws::policy::describe_caller(call.principal, call.now, context);
  describe_principal_tags(call, context);
  context.add("aws:CurrentTime", timestamps::iso8601(call.now));
  context.add("aws:EpochTime", std::to_string(call.now.time_since_epoch().count() / 1000));
  context.add("aws:RequestedRegion", call.region.str());
  const bool is_forwarded = !call.principal.invoked_by.empty();
  context.add("aws:ViaAWSService", is_forwarded);
  const bool is_service = is_forwarded || call.principal.kind == aws::Principal::Kind::kService;  // its calls never leave the machine
  context.add("aws:SecureTransport", call.tls || is_service || call.ports->plain_counts_as_tls);
  if (!is_service && !call.source_ip.empty()) context.add("aws:SourceIp", call.source_ip);
  if (!call.user_agent.empty()) context.add("aws:UserAgent", call.user_agent);
}

}  // namespace cairn::api

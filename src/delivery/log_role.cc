#include "delivery/log_role.h"

#include "aws/policy/caller.h"
#include "aws/policy/decide.h"
#include "identity/documents.h"
#include "identity/policies.h"
#include "identity/session.h"

namespace cairn::delivery {
namespace {

constexpr const char* kSessionName = "CLOUDWATCH_LOGS_DELIVERY_SESSION";  // as AWS's records show it

bool trusts_cloudtrail(const identity::Entity& role, const Trail& trail, Time now) {
  aws::Principal service;
  service.kind = aws::Principal::Kind::kService;
  service.user_name = "cloudtrail.amazonaws.com";
  service.source_arn = trail.arn();
  service.source_account = trail.account;
  aws::policy::Request request;
  request.caller = aws::policy::caller_of(service);
  request.action = "sts:AssumeRole";
  request.resource = trail.log_role;
  request.resource_account = role.account.str();
  aws::policy::describe_caller(service, now, request.context);
  const auto trust = identity::compiled_policy(role.trust, aws::policy::Kind::kTrust);
  return aws::policy::decide(request, {.resource = trust.get(), .resource_must_allow = true}).allowed();
}

}  // namespace

Result<aws::Principal> take_on_log_role(state::Transaction& state, const Trail& trail, Time now) {
  const std::optional<identity::Entity> role = identity::find_entity(state, trail.log_role);
  if (!role || role->kind != identity::Entity::Kind::kRole) return failure("The role {} does not exist.", trail.log_role);
  if (!trusts_cloudtrail(*role, trail, now))
    return failure("The trust policy of {} does not let cloudtrail.amazonaws.com assume it.", trail.log_role);
  identity::Session session;
  session.kind = identity::Session::Kind::kRole;
  session.account = role->account;
  session.issuer = trail.log_role;
  session.issuer_id = role->id;
  session.name = kSessionName;
  session.issued = now;
  session.expires = now + std::chrono::hours(1);
  std::optional<aws::Principal> principal = identity::session_principal(state, session);
  if (!principal) return failure("The role {} does not exist.", trail.log_role);
  principal->invoked_by = "cloudtrail.amazonaws.com";
  return std::move(*principal);
}

}  // namespace cairn::delivery

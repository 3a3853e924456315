#include "identity/service_role.h"

#include "aws/policy/caller.h"
#include "aws/policy/decide.h"
#include "identity/documents.h"
#include "identity/policies.h"
#include "identity/session.h"

namespace cairn::identity {
namespace {

bool trusts(const Entity& role, const aws::Principal& service, Time now) {
  aws::policy::Request request;
  request.caller = aws::policy::caller_of(service);
  request.action = "sts:AssumeRole";
  request.resource = role.arn();
  request.resource_account = role.account.str();
  aws::policy::describe_caller(service, now, request.context);
  const auto trust = compiled_policy(role.trust, aws::policy::Kind::kTrust);
  return aws::policy::decide(request, {.resource = trust.get(), .resource_must_allow = true}).allowed();
}

}  // namespace

Result<aws::Principal> take_on(state::Transaction& state, std::string_view role_arn, const aws::Principal& service,
                               std::string session_name, Time now) {
  const std::optional<Entity> role = find_entity(state, role_arn);
  if (!role || role->kind != Entity::Kind::kRole) return failure("The role {} does not exist.", role_arn);
  if (!trusts(*role, service, now)) return failure("The trust policy of {} does not let {} assume it.", role_arn, service.user_name);
  Session session;
  session.kind = Session::Kind::kRole;
  session.account = role->account;
  session.issuer = role_arn;
  session.issuer_id = role->id;
  session.name = std::move(session_name);
  session.issued = now;
  std::optional<aws::Principal> principal = session_principal(state, session);
  if (!principal) return failure("The role {} does not exist.", role_arn);
  principal->invoked_by = service.user_name;
  return std::move(*principal);
}

}  // namespace cairn::identity

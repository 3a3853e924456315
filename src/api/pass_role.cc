#include "api/pass_role.h"

#include "api/authorize.h"
#include "aws/policy/caller.h"
#include "aws/policy/decide.h"
#include "identity/documents.h"
#include "identity/policies.h"

namespace cairn::api {

void require_pass_role(Call& call, std::string_view role_arn, std::string_view service) {
  const std::optional<identity::IamArn> arn = identity::parse_arn(role_arn);
  if (!arn || arn->type != "role" || arn->account != call.account.str())
    throw aws::Error(aws::kAccessDenied, "Cross-account pass role is not allowed.");
  Demand demand{.action = "iam:PassRole", .resource = std::string(role_arn)};
  demand.context.add("iam:PassedToService", std::string(service));
  if (const std::optional<identity::Entity> role = identity::find_entity(*call.state, role_arn))
    for (const auto& [key, value] : role->tags) demand.context.add("iam:ResourceTag/" + key, value);
  require(call, demand);
}

bool can_assume(Call& call, std::string_view role_arn, std::string_view service, std::string_view source_arn) {
  const std::optional<identity::Entity> role = identity::find_entity(*call.state, role_arn);
  if (!role || role->kind != identity::Entity::Kind::kRole) return false;
  aws::Principal principal;
  principal.kind = aws::Principal::Kind::kService;
  principal.user_name = service;
  principal.source_arn = source_arn;
  principal.source_account = call.account;
  aws::policy::Request request{.caller = aws::policy::caller_of(principal),
                               .action = "sts:AssumeRole",
                               .resource = std::string(role_arn),
                               .resource_account = role->account.str(),
                               .context = {}};
  aws::policy::describe_caller(principal, call.now, request.context);
  const std::shared_ptr<const aws::policy::Policy> trust = identity::compiled_policy(role->trust, aws::policy::Kind::kTrust);
  aws::policy::Policies policies;
  policies.resource = trust.get();
  policies.resource_must_allow = true;
  return aws::policy::decide(request, policies).allowed();
}

}  // namespace cairn::api

#include "api/pass_role.h"

#include "api/authorize.h"
#include "identity/documents.h"

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

}  // namespace cairn::api

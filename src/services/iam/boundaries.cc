#include "services/iam/boundaries.h"

#include "identity/policies.h"

namespace cairn::iam {

void set_boundary(api::Call& call, Entity& entity, const std::string& policy_arn) {
  const std::optional<identity::IamArn> arn = identity::parse_arn(policy_arn);
  if (!arn || arn->type != "policy") throw Error(aws::kValidation, "Invalid ARN:  Could not be parsed!");
  const bool is_within = arn->account == "aws" || arn->account == call.account.str();
  if (!is_within || !identity::managed_policy_text(*call.state, policy_arn))
    throw Error(kNoSuchEntity, "Scope ARN: {} does not exist or is not attachable.", policy_arn);
  if (!entity.boundary.empty()) call.state->erase(identity::usage_key(call.account, entity.boundary, identity::Usage::kBoundary, entity));
  entity.boundary = policy_arn;
  call.state->put(identity::usage_key(call.account, policy_arn, identity::Usage::kBoundary, entity), entity.name);
}

void clear_boundary(api::Call& call, Entity& entity) {
  if (entity.boundary.empty())
    throw Error(kNoSuchEntity, "The {} with name {} does not have a permissions boundary.", word_of(entity.kind), entity.name);
  call.state->erase(identity::usage_key(call.account, entity.boundary, identity::Usage::kBoundary, entity));
  entity.boundary.clear();
}

}  // namespace cairn::iam

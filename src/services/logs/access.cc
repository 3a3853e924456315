#include "services/logs/access.h"

#include "api/authorize.h"
#include "api/demands.h"
#include "identity/policies.h"
#include "services/logs/errors.h"

namespace cairn::logs_service {

namespace documents {
std::string resource_policies_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("logs/resource-policy/{}/{}/", account.str(), region.str());
}
}  // namespace documents

void require_may_write(api::Call& call) {
  using Outcome = aws::policy::Decision::Outcome;
  if (call.policies == identity::PolicySet::everything()) {
    call.is_decided = true;
    return;
  }
  const bool is_service = call.principal.kind == aws::Principal::Kind::kService;
  if (is_service) call.account = call.owner = call.principal.source_account;
  for (api::Demand& demand : api::demands_of(call)) {
    demand.owner = call.account;
    if (!is_service) {
      api::require(call, demand);
      continue;
    }
    aws::policy::Decision last = api::decide(call, demand);  // without a policy nothing lets it
    bool is_allowed = false;
    const std::string folder = documents::resource_policies_in(call.account, call.region);
    for (const state::Item& item : call.state->list(folder, "", kPoliciesMax).items) {
      const Json document = json::parse(item.value).value();  // we wrote it
      const auto policy = identity::compiled_policy(document.at("document").get<std::string>(), aws::policy::Kind::kResource);
      demand.resource_policy = policy.get();
      const aws::policy::Decision decision = api::decide(call, demand);
      is_allowed = is_allowed || decision.allowed();
      if (decision.outcome == Outcome::kExplicitDeny) throw api::denied(call, decision, demand.action, demand.shown);
    }
    if (!is_allowed) throw api::denied(call, last, demand.action, demand.shown);
  }
}

}  // namespace cairn::logs_service

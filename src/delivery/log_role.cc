#include "delivery/log_role.h"

#include "identity/service_role.h"

namespace cairn::delivery {

Result<aws::Principal> take_on_log_role(state::Transaction& state, const Trail& trail, Time now) {
  constexpr const char* kSessionName = "CLOUDWATCH_LOGS_DELIVERY_SESSION";  // as AWS's records show it
  aws::Principal service;
  service.kind = aws::Principal::Kind::kService;
  service.user_name = "cloudtrail.amazonaws.com";
  service.source_arn = trail.arn();
  service.source_account = trail.account;
  return identity::take_on(state, trail.log_role, service, kSessionName, now);
}

}  // namespace cairn::delivery

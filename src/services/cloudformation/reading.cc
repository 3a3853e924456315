#include "services/cloudformation/reading.h"

#include "api/operation.h"
#include "api/ports.h"
#include "api/registry.h"
#include "api/within.h"
#include "identity/policies.h"
#include "identity/service_role.h"
#include "services/cloudformation/caller.h"
#include "services/cloudformation/errors.h"

namespace cairn::cloudformation {
namespace {

Answer asked(api::Call& call, const Asking& asking) {
  const api::Service* service = api::service(asking.service->key);
  if (service == nullptr || api::implementation(*service, *asking.operation) == nullptr)
    return {
        .out = std::nullopt,
        .refusal = {.status = 501, .code = "NotImplemented", .message = asking.operation->name + " is not implemented.", .request_id = {}}};
  api::Reply reply;
  try {
    Json out = api::call_within(call,
                                {.service = asking.service->key,
                                 .operation = asking.operation->name,
                                 .in = asking.in,
                                 .region = asking.service->global ? aws::kGlobalRegion : call.region,
                                 .invoked_by = kService,
                                 .account = call.account},
                                &reply);
    if (reply.body && asking.operation->name == "GetBucketPolicy") out["Policy"] = *reply.body;
    return {.out = std::move(out)};
  } catch (const aws::Error& refusal) {
    return {.out = std::nullopt,
            .refusal = {.status = refusal.kind.status,
                        .code = std::string(refusal.kind.wire_code.empty() ? refusal.kind.code : refusal.kind.wire_code),
                        .message = refusal.message,
                        .request_id = call.request_id}};
  }
}

}  // namespace

void read_within(api::Call& call, const Doing::Where& where, const std::function<void(Doing&)>& function) {
  std::vector<Answer> answers;
  while (answers.size() < kReadsMax) {
    Doing doing(where, answers);
    try {
      return function(doing);
    } catch (const Asking& asking) {
      answers.push_back(asked(call, asking));
    } catch (const Json::exception&) {
      throw Failed{"What was read has not the form that it should have."};
    }
  }
  throw Failed{fmt::format("More than {} calls are needed to read it.", kReadsMax)};
}

InRole::InRole(api::Call& call, const std::string& role) : call_(call), principal_(call.principal), policies_(call.policies) {
  if (role.empty()) return;
  aws::Principal service;
  service.kind = aws::Principal::Kind::kService;
  service.user_name = kService;
  service.source_account = call.account;
  Result<aws::Principal> taken = identity::take_on(*call.state, role, service, "AWSCloudFormation", call.now);
  if (!taken) throw Error(kValidationError, "Role {} is invalid or cannot be assumed", role);
  call.principal = std::move(*taken);
  if (call.ports->directory != nullptr) call.policies = call.ports->directory->policies_of(call.principal);
}

InRole::~InRole() {
  call_.principal = std::move(principal_);
  call_.policies = std::move(policies_);
}

}  // namespace cairn::cloudformation

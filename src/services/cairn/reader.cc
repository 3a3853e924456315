#include "services/cairn/reader.h"

#include "api/authorize.h"
#include "api/request_context.h"

namespace cairn::services {
namespace {

constexpr const char* kAction = "cairn:SearchEvents";

std::shared_ptr<const identity::PolicySet> kept_policies(const api::Call& call) {
  if (call.policies != nullptr) return call.policies;
  return call.principal.is_administrator ? identity::PolicySet::everything() : identity::PolicySet::none();
}

}  // namespace

Reader::Reader(api::Call& call) : policies_(kept_policies(call)), caller_(aws::policy::caller_of(call.principal)) {
  call.is_decided = true;
  if (policies_->looks_at_context()) api::describe_request(call, context_);
}

aws::policy::Decision Reader::decide(const std::string& account, const std::string& region, bool management) const {
  aws::policy::Request request{.caller = caller_, .action = kAction, .resource_account = {}, .context = context_};
  if (policies_->looks_at_context()) {
    request.context.add("aws:ResourceAccount", account);
    request.context.add("cairn:Account", account);
    request.context.add("cairn:Region", region);
    request.context.add("cairn:EventCategory", management ? "Management" : "Data");
  }
  return aws::policy::decide(request, policies_->policies());
}

bool Reader::may_read(const std::string& account, const std::string& region, bool management) {
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kKnownMax) known_.clear();
  const auto [known, is_new] = known_.try_emplace({account, region, management});
  if (is_new) known->second = decide(account, region, management).allowed();
  return known->second;
}

void Reader::require(const api::Call& call, const std::string& account, const std::string& region, bool management) const {
  const aws::policy::Decision decision = decide(account, region, management);
  if (decision.allowed()) return;
  throw api::denied(call, decision, kAction,
                    fmt::format("the {} events of account {} in {}", management ? "management" : "data", account, region));
}

}  // namespace cairn::services

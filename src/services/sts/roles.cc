#include "services/sts/roles.h"

#include "api/authorize.h"
#include "aws/policy/pattern.h"
#include "identity/policies.h"
#include "services/sts/sessions.h"

namespace cairn::sts {
namespace {

using identity::Session;

constexpr int kDurationDefault = 3600;
constexpr int kChainedDurationMax = 3600;

int duration_of(const api::Call& call, const TargetRole& target, const Session& session) {
  const auto given = call.in.find("DurationSeconds");
  if (given == call.in.end()) return kDurationDefault;
  const int seconds = given->get<int>();
  if (session.limits.is_chained && seconds > kChainedDurationMax)
    throw Error(aws::kValidation, "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");
  if (seconds > target.role->max_session_seconds)
    throw Error(aws::kValidation, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  return seconds;
}

}  // namespace

TargetRole target_role(api::Call& call) {
  TargetRole target{.arn = text_of(call.in, "RoleArn"), .account = {}, .role = std::nullopt, .trust = nullptr};
  const aws::policy::SplitArn parts(target.arn);
  if (parts.count != 6 || parts.parts[0] != "arn" || parts.parts[1] != "aws" || parts.parts[2] != "iam" || !parts.parts[3].empty() ||
      !aws::is_account_id(parts.parts[4]))
    throw Error(aws::kValidation, "{} is invalid", target.arn);
  target.account = aws::AccountId(std::string(parts.parts[4]));
  target.role = identity::find_entity(*call.state, target.arn);
  if (target.role && target.role->kind != identity::Entity::Kind::kRole) target.role.reset();
  if (target.role) target.trust = identity::compiled_policy(target.role->trust, aws::policy::Kind::kTrust);
  return target;
}

Session session_of(const TargetRole& target, const api::Call& call) {
  Session session;
  session.kind = Session::Kind::kRole;
  session.account = target.account;
  session.issuer = target.arn;
  session.issuer_id = target.role ? target.role->id : "";
  session.name = text_of(call.in, "RoleSessionName");
  return session;
}

aws::policy::Decision decide_trust(api::Call& call, const TargetRole& target, std::string_view action,
                                   const aws::policy::Context& context) {
  api::Demand demand{.action = fmt::format("sts:{}", action),
                     .resource = target.arn,
                     .owner = target.account,
                     .resource_policy = target.trust.get(),
                     .resource_must_allow = true};
  demand.context = context;
  if (target.role)
    for (const auto& [key, value] : target.role->tags) demand.context.add("aws:ResourceTag/" + key, value);
  return api::decide(call, demand);
}

void require_trust(api::Call& call, const TargetRole& target, std::string_view action, const aws::policy::Context& context) {
  const aws::policy::Decision decision = decide_trust(call, target, action, context);
  if (!decision.allowed()) throw api::denied(call, decision, fmt::format("sts:{}", action), target.arn);
}

void enter(api::Call& call, const TargetRole& target, Session& session) {
  give_out(call, session, duration_of(call, target, session));
  call.out["AssumedRoleUser"] = {
      {"AssumedRoleId", fmt::format("{}:{}", target.role->id, session.name)},
      {"Arn", fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", target.account.str(), target.role->name, session.name)}};
  if (!session.source_identity.empty()) call.out["SourceIdentity"] = session.source_identity;
  call.owner = target.account;
  call.resources = {{.type = "AWS::IAM::Role", .arn = target.arn, .account = target.account}};
}

}  // namespace cairn::sts

#include "api/operation.h"
#include "aws/policy/policy.h"
#include "base/text.h"
#include "identity/policies.h"
#include "services/sts/roles.h"
#include "services/sts/sessions.h"

/// AssumeRole: who may take a role on, for how long, and what the session inherits.
namespace cairn::sts {
namespace {

using identity::Session;
using Kind = aws::Principal::Kind;

/// What the caller's own session hands on: that it is one, its source identity, its transitive tags (take_tags).
void chain(api::Call& call, Session& session) {
  session.limits.is_chained = call.principal.kind == Kind::kAssumedRole;
  session.source_identity = text_of(call.in, "SourceIdentity");
  if (!call.principal.session_context) return;
  const std::string inherited = text_of(*call.principal.session_context, "sourceIdentity");
  if (inherited.empty()) return;
  if (!session.source_identity.empty() && session.source_identity != inherited)
    throw Error(aws::kAccessDenied, "The source identity of the calling session, {}, cannot be changed.", inherited);
  session.source_identity = inherited;
}

void refuse_callers(const api::Call& call) {
  if (call.principal.kind == Kind::kRoot) throw Error(aws::kAccessDenied, "Roles may not be assumed by root accounts.");
  if (call.principal.kind == Kind::kFederatedUser) throw Error(aws::kAccessDenied, "Cannot call AssumeRole with session credentials");
}

void record_inherited_tags(api::Call& call, const Session& session) {
  if (call.principal.session == nullptr || call.principal.session->transitive_tags.empty()) return;
  Json inherited = Json::object();
  for (const std::string& key : call.principal.session->transitive_tags)
    for (const auto& [name, value] : session.limits.tags)
      if (text::equals_ignoring_case(name, key)) inherited[name] = value;
  call.recorded_in = call.in;
  (*call.recorded_in)["incomingTransitiveTags"] = std::move(inherited);
}

void assume_role(api::Call& call) {
  const TargetRole target = target_role(call);
  call.is_decided = true;
  refuse_callers(call);
  Session session = session_of(target, call);
  chain(call, session);
  take_given_tags(call, session);
  const bool used_mfa = use_mfa_code(call);

  aws::policy::Context context;
  describe_session(session, context);
  if (has(call.in, "ExternalId")) context.add("sts:ExternalId", text_of(call.in, "ExternalId"));
  if (used_mfa) {
    context.add("aws:MultiFactorAuthPresent", true);
    context.add("aws:MultiFactorAuthAge", "0");
  }
  require_trust(call, target, "AssumeRole", context);
  if (!session.limits.tags.empty()) require_trust(call, target, "TagSession", context);
  if (!session.source_identity.empty()) require_trust(call, target, "SetSourceIdentity", context);

  take_given_policies(call, session);
  session.mfa = used_mfa;
  enter(call, target, session);
  record_inherited_tags(call, session);
}

constexpr api::Operation kOperations[] = {
    {.name = "AssumeRole", .handle = assume_role},
};

}  // namespace
}  // namespace cairn::sts

namespace cairn::services {
extern const api::Family sts_assume_role;
const api::Family sts_assume_role{.service = "sts", .operations = sts::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services

#include "api/operation.h"
#include "services/sts/sessions.h"

/// Sessions that users and root users give out for themselves: GetSessionToken and GetFederationToken.
namespace cairn::sts {
namespace {

using identity::Session;

constexpr int kDurationDefault = 43200;
constexpr int kRootDurationMax = 3600;  // root asks in vain for more

Session session_of(const api::Call& call, Session::Kind kind) {
  Session session;
  session.kind = kind;
  session.account = call.principal.account;
  if (call.principal.kind == aws::Principal::Kind::kUser) {
    session.issuer = call.principal.user_name;
    session.issuer_id = call.principal.principal_id;
  }
  return session;
}

int duration_of(const api::Call& call) {
  const auto given = call.in.find("DurationSeconds");
  const int seconds = given != call.in.end() ? given->get<int>() : kDurationDefault;
  return call.principal.kind == aws::Principal::Kind::kRoot ? std::min(seconds, kRootDurationMax) : seconds;
}

void get_session_token(api::Call& call) {
  refuse_sessions(call);
  Session session = session_of(call, Session::Kind::kUser);
  session.mfa = use_mfa_code(call);
  give_out(call, session, duration_of(call));
}

void get_federation_token(api::Call& call) {
  refuse_sessions(call);
  Session session = session_of(call, Session::Kind::kFederatedUser);
  session.name = text_of(call.in, "Name");
  take_given_tags(call, session);
  take_given_policies(call, session);
  const std::string arn = fmt::format("arn:aws:sts::{}:federated-user/{}", session.account.str(), session.name);
  if (has(call.in, "Tags")) {
    api::Demand demand{.action = "sts:TagSession", .resource = arn};
    describe_session(session, demand.context);
    api::require(call, demand);
  }
  give_out(call, session, duration_of(call));
  call.out["FederatedUser"] = {{"FederatedUserId", fmt::format("{}:{}", session.account.str(), session.name)}, {"Arn", arn}};
}

constexpr api::Operation kOperations[] = {
    {.name = "GetFederationToken", .handle = get_federation_token},
    {.name = "GetSessionToken", .handle = get_session_token},
};

}  // namespace
}  // namespace cairn::sts

namespace cairn::services {
extern const api::Family sts_own_sessions;
const api::Family sts_own_sessions{.service = "sts", .operations = sts::kOperations};
}  // namespace cairn::services

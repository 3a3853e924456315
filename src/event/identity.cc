#include "event/identity.h"

namespace cairn::event {
namespace {

using Kind = aws::Principal::Kind;

std::string_view type_of(Kind kind) {
  switch (kind) {
    case Kind::kAnonymous:
      return "AWSAccount";
    case Kind::kRoot:
      return "Root";
    case Kind::kUser:
      return "IAMUser";
    case Kind::kAssumedRole:
      return "AssumedRole";
    case Kind::kFederatedUser:
      return "FederatedUser";
    case Kind::kWebIdentity:
      return "WebIdentityUser";
    case Kind::kService:
      return "AWSService";
  }
  return "Unknown";
}

}  // namespace

void write_identity(json::Writer& writer, const aws::Principal& principal, std::string_view event_type) {
  const auto member = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) writer.key(name).string(value);
  };
  writer.begin_object();
  if (event_type == "AwsServiceEvent") {
    member("accountId", principal.account.str());
    member("invokedBy", principal.user_name);
    writer.end_object();
    return;
  }
  writer.key("type").string(type_of(principal.kind));
  if (principal.kind == Kind::kAnonymous) {
    writer.key("principalId").string("").key("accountId").string("ANONYMOUS_PRINCIPAL");
  } else if (principal.kind == Kind::kService) {
    member("invokedBy", principal.user_name);
  } else if (principal.kind == Kind::kWebIdentity) {
    member("principalId", principal.principal_id);
    member("userName", principal.user_name);
    member("identityProvider", principal.identity_provider);
  } else {
    member("principalId", principal.principal_id);
    member("arn", principal.arn);
    member("accountId", principal.account.str());
    const bool signing_in = event_type == "AwsConsoleSignIn" && (principal.kind == Kind::kRoot || principal.arn.empty());
    if (!principal.access_key.empty() || signing_in) writer.key("accessKeyId").string(principal.access_key.str());
    if (principal.kind == Kind::kUser) member("userName", principal.user_name);
    if (principal.session_context) writer.key("sessionContext").value(*principal.session_context);
    member("invokedBy", principal.invoked_by);
  }
  writer.end_object();
}

void write_stranger(json::Writer& writer, const aws::Principal& principal) {
  writer.begin_object();
  writer.key("type").string("AWSAccount").key("principalId").string(principal.principal_id);
  writer.key("accountId").string(principal.account.str());
  writer.end_object();
}

}  // namespace cairn::event
